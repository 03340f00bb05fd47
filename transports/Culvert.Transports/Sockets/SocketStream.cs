using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Culvert.Transports.AsyncMethods;

namespace Culvert.Transports.Sockets;

/// <summary>
/// A connected socket as the stream under TLS: the records that were written before a flush leave in one call, and as many as
/// have come are received in one. Nothing is held while it waits. Owns the socket.
/// </summary>
/// <remarks>
/// For one reader and one writer at a time; <see cref="Stream.Dispose()"/> may come from any thread, and fails both. What is
/// written must be flushed, which <see cref="System.Net.Security.SslStream"/> does of its own handshake messages only.
/// Failures of the connection are <see cref="IOException"/>. Up to 64 KiB wait for a flush; more are sent at once.
/// </remarks>
public sealed class SocketStream : Stream
{
    private const int MostUnflushed = 64 * 1024;

    private readonly Socket _socket;
    private readonly SocketInput _input;
    private readonly SocketOutput _output;

    /// <summary>Takes over a connected socket that nobody has used before.</summary>
    public SocketStream(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        _socket = socket;
        _socket.Blocking = false;
        _input = new SocketInput(socket, null);
        _output = new SocketOutput(socket, null);
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <summary>Not supported.</summary>
    public override long Length => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Reads what has come, or waits for it; with an empty buffer it only waits.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            if (_input.Buffered == 0)
            {
                await _input.WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            return 0;
        }

        var result = await _input.ReadAsync(cancellationToken).ConfigureAwait(false);
        var bytes = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, buffer.Length));
        bytes.CopyTo(buffer.Span);
        _input.AdvanceTo(bytes.End);
        return (int)bytes.Length;
    }

    /// <summary>Keeps the bytes for the next flush, or sends them when there are many.</summary>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _output.Write(buffer.Span);
        return _output.UnflushedBytes < MostUnflushed ? ValueTask.CompletedTask : SendAsync(cancellationToken);
    }

    /// <summary>Sends what was written.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken) =>
        _output.UnflushedBytes == 0 ? Task.CompletedTask : SendAsync(cancellationToken).AsTask();

    /// <summary>Not supported: it would block.</summary>
    public override void Flush() => throw new NotSupportedException();

    /// <summary>Not supported: it would block.</summary>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Not supported: it would block.</summary>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Closes the socket. Bytes that were not flushed are discarded.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _socket.TryShutdown(SocketShutdown.Both);

            // Buffers go with whoever uses them: a read or write may be under way.
            _socket.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask SendAsync(CancellationToken cancellationToken) =>
        _ = await _output.FlushAsync(cancellationToken).ConfigureAwait(false);
}
