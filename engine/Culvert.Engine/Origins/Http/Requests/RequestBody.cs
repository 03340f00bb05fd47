using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Culvert.Engine.Origins.Http.Connections;
using Culvert.Transports.Sockets;

namespace Culvert.Engine.Origins.Http.Requests;

/// <summary>
/// Sends one request body from the tunnel's memory to an origin while the response is read. Nothing that came is held back.
/// </summary>
/// <remarks>The task and <see cref="StopAsync"/> may run at the same time; everything else is for one caller at a time.</remarks>
internal sealed class RequestBody
{
    /// <summary>Most bytes of one chunk, and most that are sent at a time.</summary>
    private const int SendBytes = 64 * 1024;

    private static readonly byte[] ChunkEnds = "\r\n0\r\n\r\n"u8.ToArray();

    /// <summary>Longest wait for an origin's <c>100 Continue</c>, as in the original (section 5.1).</summary>
    private static readonly TimeSpan ContinueWait = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan FinishWait = TimeSpan.FromMilliseconds(50);

    private TaskCompletionSource? _mayBegin;
    private PipeReader? _input;
    private Task _copy = Task.CompletedTask;
    private volatile bool _stopped;
    private volatile bool _endIsSent;

    /// <summary>
    /// Why the tunnel's side failed, or null. The origin's own failures show in its response, or in the lack of one.
    /// </summary>
    public Exception? Error { get; private set; }

    /// <summary>Whether the origin was sent the whole body.</summary>
    public bool IsComplete { get; private set; } = true;

    /// <summary>Starts to copy. The head, not yet flushed, leaves with the first bytes or at the first pause.</summary>
    /// <param name="input">The tunnel; borrowed until <see cref="StopAsync"/> has ended.</param>
    /// <param name="origin">Reset when the tunnel's side fails: the origin must not take the body for whole.</param>
    /// <param name="length">The announced length in bytes, or null for chunks.</param>
    /// <param name="waits">
    /// The clock of a request that expects <c>100 Continue</c>: the body is read when the origin says so or after 1 s. Null for
    /// any other.
    /// </param>
    /// <param name="cancellationToken">Ends the copy.</param>
    public void Start(
        PipeReader input, OriginConnection origin, long? length, TimeProvider? waits, CancellationToken cancellationToken)
    {
        (_input, _stopped, _endIsSent, Error, IsComplete) = (input, false, false, null, false);
        _mayBegin = waits is null ? null : new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _copy = RunAsync(input, origin, length, waits, cancellationToken);
    }

    /// <summary>Ends the wait for the origin's <c>100 Continue</c>, if there is one.</summary>
    public void Continue() => _mayBegin?.TrySetResult();

    /// <summary>
    /// Waits for the copy whose last bytes are being sent: the origin may have answered them before the sender knows that they
    /// left. At most 50 ms, because an origin that does not read must not hold its answer up.
    /// </summary>
    /// <param name="time">The clock of the wait.</param>
    /// <returns>Whether the origin was sent the whole body.</returns>
    public ValueTask<bool> TryFinishAsync(TimeProvider time) =>
        _copy.IsCompleted || !_endIsSent ? new(IsComplete) : FinishAsync(time);

    /// <summary>
    /// Stops the copy, if it still runs. The origin's connection has to be closed first in that case, which ends a wait for the
    /// origin. Never throws.
    /// </summary>
    public async ValueTask StopAsync()
    {
        if (!_copy.IsCompleted)
        {
            _stopped = true;
            Continue();
            _input!.CancelPendingRead();
        }

        await _copy.ConfigureAwait(false);
        _input = null;
    }

    private async ValueTask<bool> FinishAsync(TimeProvider time)
    {
        try
        {
            await _copy.WaitAsync(FinishWait, time).ConfigureAwait(false);
            return IsComplete;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    // Never fails: what went wrong is in Error.
    private async Task RunAsync(
        PipeReader input, OriginConnection origin, long? length, TimeProvider? waits, CancellationToken cancellationToken)
    {
        try
        {
            if (waits is not null && await TryFlushAsync(origin.Output).ConfigureAwait(false))
            {
                await WaitForContinueAsync(waits, cancellationToken).ConfigureAwait(false);
            }

            IsComplete = await CopyAsync(input, origin.Output, length, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Error = e;
            origin.Abort();
        }
    }

    private async ValueTask WaitForContinueAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await _mayBegin!.Task.WaitAsync(ContinueWait, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // An origin may leave the 100 out (RFC 9110, section 10.1.1).
        }
    }

    private async ValueTask<bool> CopyAsync(
        PipeReader input, SocketOutput output, long? length, CancellationToken cancellationToken)
    {
        var total = 0L;
        var yields = true;
        while (!_stopped)
        {
            if (!input.TryRead(out var read))
            {
                if (!await TryFlushAsync(output).ConfigureAwait(false))
                {
                    return false;
                }

                read = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            }

            var data = read.Buffer.Slice(0, Math.Min(Math.Min(read.Buffer.Length, SendBytes), (length ?? long.MaxValue) - total));
            total += data.Length;
            var isLast = total == length || (read.IsCompleted && data.Length == read.Buffer.Length);
            _endIsSent = isLast;
            var sent = await TrySendAsync(output, data, length is null, isLast).ConfigureAwait(false);
            input.AdvanceTo(isLast ? read.Buffer.End : data.End);
            if (isLast && total < length)
            {
                throw new EndOfStreamException($"the request body ended {length - total} bytes early");
            }

            if (isLast || !sent)
            {
                return sent;
            }

            if (yields && total >= SendBytes)
            {
                // A visitor who is never slow must not keep the caller from reading the response.
                yields = false;
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            }
        }

        return false;
    }

    // Whatever the origin's connection throws, it tells the reader of the response as well.
    private static async ValueTask<bool> TryFlushAsync(SocketOutput output)
    {
        try
        {
            await output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    // Sent from the tunnel's memory.
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private static async ValueTask<bool> TrySendAsync(SocketOutput output, ReadOnlySequence<byte> data, bool chunked, bool isLast)
    {
        var tail = ReadOnlyMemory<byte>.Empty;
        if (chunked)
        {
            WriteChunkSize(output, data.Length);
            tail = (data.IsEmpty, isLast) switch
            {
                (true, false) => default,
                (true, true) => ChunkEnds.AsMemory(2),
                (false, false) => ChunkEnds.AsMemory(0, 2),
                (false, true) => ChunkEnds,
            };
        }

        try
        {
            await output.SendAsync(data, tail, CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static void WriteChunkSize(SocketOutput output, long length)
    {
        if (length == 0)
        {
            return;
        }

        var line = output.GetSpan(18);
        Utf8Formatter.TryFormat(length, line, out var digits, 'x');
        "\r\n"u8.CopyTo(line[digits..]);
        output.Advance(digits + 2);
    }
}
