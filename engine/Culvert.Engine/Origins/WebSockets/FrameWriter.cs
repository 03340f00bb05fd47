using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.WebSockets;

/// <summary>
/// Writes the server's frames. Data, pings and answers come from different tasks, so each frame is written under a lock; after a
/// close frame, or <see cref="EndAsync"/>, nothing is written any more.
/// </summary>
internal sealed class FrameWriter(PipeWriter output) : IDisposable
{
    /// <summary>Largest payload of a data frame, which every client of the original can take in one piece.</summary>
    public const int MaxDataBytes = 16 * 1024;

    private readonly SemaphoreSlim _lock = new(1, 1);
    private bool _ended;

    /// <summary>Sends bytes as binary messages of up to <see cref="MaxDataBytes"/>.</summary>
    /// <param name="data">The bytes.</param>
    /// <param name="flush">Whether they leave at once.</param>
    /// <param name="cancellationToken">Ends a wait for the tunnel.</param>
    /// <returns>False when nothing can be written any more.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> WriteDataAsync(ReadOnlySequence<byte> data, bool flush, CancellationToken cancellationToken)
    {
        await _lock.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (!_ended && !data.IsEmpty)
            {
                var frame = data.Slice(0, Math.Min(data.Length, MaxDataBytes));
                WriteHeader(Opcode.Binary, (int)frame.Length);
                foreach (var segment in frame)
                {
                    PipeCopy.Write(output, segment.Span);
                }

                data = data.Slice(frame.End);
            }

            return !_ended && (!flush || await FlushAsync(cancellationToken).ConfigureAwait(false));
        }
        finally
        {
            _lock.Release();
        }
    }

    /// <summary>Sends a control frame at once.</summary>
    /// <param name="opcode">A close frame is the last one.</param>
    /// <param name="payload">Up to <see cref="FrameHeader.MaxControlBytes"/>.</param>
    /// <param name="cancellationToken">Ends a wait for the tunnel.</param>
    /// <returns>False when nothing can be written any more.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> WriteControlAsync(
        Opcode opcode, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        await _lock.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_ended)
            {
                return false;
            }

            WriteHeader(opcode, payload.Length);
            PipeCopy.Write(output, payload.Span);
            _ended = opcode == Opcode.Close;
            return await FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _lock.Release();
        }
    }

    /// <summary>Waits for the frame that is being written and lets none follow.</summary>
    public async ValueTask EndAsync()
    {
        await _lock.WaitAsync().ConfigureAwait(false);
        _ended = true;
        _lock.Release();
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private void WriteHeader(Opcode opcode, int length)
    {
        Span<byte> header = stackalloc byte[FrameHeader.MaxServerBytes];
        PipeCopy.Write(output, header[..FrameHeader.Write(header, opcode, length)]);
    }

    private async ValueTask<bool> FlushAsync(CancellationToken cancellationToken)
    {
        var flushed = await output.FlushAsync(cancellationToken).ConfigureAwait(false);
        return !flushed.IsCompleted;
    }
}
