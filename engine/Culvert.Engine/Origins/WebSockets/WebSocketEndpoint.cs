using System.IO.Pipelines;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.WebSockets;

/// <summary>
/// The server's end of a WebSocket on a tunnel stream, as raw bytes for a TCP origin (http2-and-proxy, section 6.3). One task may
/// receive while another sends; <see cref="DisposeAsync"/> comes after both.
/// </summary>
internal sealed class WebSocketEndpoint : IAsyncDisposable
{
    /// <summary>Bytes collected before a flush while the other side keeps sending.</summary>
    private const int FlushBytes = 64 * 1024;

    /// <summary>Nine tenths of the minute after which clients give a silent connection up.</summary>
    private static readonly TimeSpan PingPeriod = TimeSpan.FromSeconds(54);

    private readonly EdgeStream _stream;
    private readonly FrameDecoder _decoder = new();
    private readonly FrameWriter _writer;
    private readonly CancellationTokenSource _stopping;
    private readonly Task _pinging;

    /// <summary>Starts to ping; the acknowledgement has to be on its way.</summary>
    public WebSocketEndpoint(EdgeStream stream, TimeProvider time, CancellationToken cancellationToken)
    {
        _stream = stream;
        _writer = new FrameWriter(stream.Output);
        _stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _pinging = PingAsync(time, _stopping.Token);
    }

    /// <summary>
    /// Passes on what the client sends until it closes, ends, or breaks the protocol. Pings and closes are answered. The origin's
    /// writer is flushed whenever the client pauses, and not completed.
    /// </summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="IOException">The tunnel or the origin failed.</exception>
    public async ValueTask ReceiveAsync(PipeWriter origin, CancellationToken cancellationToken)
    {
        var input = _stream.Input;
        var unflushed = 0L;
        while (true)
        {
            if (!input.TryRead(out var read))
            {
                if (unflushed > 0 && (await origin.FlushAsync(cancellationToken).ConfigureAwait(false)).IsCompleted)
                {
                    return;
                }

                unflushed = 0;
                read = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            }

            // What is ready may be megabytes, which must not all end up in the origin's buffers.
            var bytes = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, FlushBytes));
            var consumed = bytes.Start;
            FrameDecoder.Step step;
            try
            {
                step = _decoder.Take(bytes, origin, out consumed);
            }
            catch (WebSocketFormatException e)
            {
                input.AdvanceTo(bytes.End);
                await CloseAsync(CloseStatus.ProtocolError, e.Message, cancellationToken).ConfigureAwait(false);
                return;
            }

            var taken = bytes.Slice(0, consumed).Length;
            unflushed += taken;
            input.AdvanceTo(consumed, taken > 0 ? consumed : bytes.End);
            if (step == FrameDecoder.Step.Control && !await AnswerAsync(cancellationToken).ConfigureAwait(false))
            {
                break;
            }

            if (read.IsCompleted && taken == 0)
            {
                break;
            }

            if (unflushed >= FlushBytes)
            {
                unflushed = 0;
                if ((await origin.FlushAsync(cancellationToken).ConfigureAwait(false)).IsCompleted)
                {
                    return;
                }
            }
        }

        await origin.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends what the origin sends until it ends, as binary messages, flushed whenever it pauses. No close frame
    /// follows.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="IOException">The tunnel or the origin failed.</exception>
    public async ValueTask SendAsync(PipeReader origin, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await origin.ReadAsync(cancellationToken).ConfigureAwait(false);
            var data = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, FlushBytes));
            var goesOn = await _writer.WriteDataAsync(data, flush: true, cancellationToken).ConfigureAwait(false);
            var isLast = read.IsCompleted && data.Length == read.Buffer.Length;
            origin.AdvanceTo(data.End);
            if (isLast || !goesOn)
            {
                return;
            }
        }
    }

    /// <summary>Sends bytes of our own as a binary message.</summary>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) =>
        await _writer.WriteDataAsync(new(data), flush: true, cancellationToken).ConfigureAwait(false);

    /// <summary>Stops pinging; nothing is written to the stream any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _pinging.ConfigureAwait(false);
        await _writer.EndAsync().ConfigureAwait(false);
        _writer.Dispose();
        _stopping.Dispose();
    }

    // False after a close frame.
    private async ValueTask<bool> AnswerAsync(CancellationToken cancellationToken)
    {
        switch (_decoder.Control)
        {
            case Opcode.Ping:
                return await _writer.WriteControlAsync(Opcode.Pong, _decoder.ControlPayload, cancellationToken)
                    .ConfigureAwait(false);
            case Opcode.Close:
                await EchoCloseAsync(cancellationToken).ConfigureAwait(false);
                return false;
            default:
                return true;
        }
    }

    private async ValueTask EchoCloseAsync(CancellationToken cancellationToken)
    {
        int? status;
        try
        {
            status = CloseStatus.Read(_decoder.ControlPayload.Span);
        }
        catch (WebSocketFormatException e)
        {
            await CloseAsync(CloseStatus.ProtocolError, e.Message, cancellationToken).ConfigureAwait(false);
            return;
        }

        await CloseAsync(status, "", cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask CloseAsync(int? status, string reason, CancellationToken cancellationToken)
    {
        var payload = new byte[FrameHeader.MaxControlBytes];
        var length = CloseStatus.Write(payload, status, reason);
        await _writer.WriteControlAsync(Opcode.Close, payload.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
    }

    // Never fails: a stream that takes no ping shows it to whoever reads or writes it.
    private async Task PingAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            using var timer = new PeriodicTimer(PingPeriod, time);
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            {
                await _writer.WriteControlAsync(Opcode.Ping, default, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The stream has ended.
        }
    }
}
