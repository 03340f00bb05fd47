using System.Runtime.CompilerServices;
using Culvert.Transports.AsyncMethods;

namespace Culvert.Transports.Http2;

/// <summary>
/// The TLS stream under HTTP/2, in either role. It tells when the transport has ended, whoever ended it: the end was read, a
/// read failed, or the stream was disposed.
/// </summary>
internal sealed class TransportStream(Stream tls) : Stream
{
    private readonly CancellationTokenSource _closed = new();
    private int _ended;

    public CancellationToken Closed => _closed.Token;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var read = await tls.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (read == 0 && buffer.Length > 0)
            {
                Signal();
            }

            return read;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Signal();
            throw;
        }
    }

    // The client role never flushes.
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await tls.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        await tls.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => tls.FlushAsync(cancellationToken);

    public override void Flush() => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await tls.DisposeAsync().ConfigureAwait(false);
        Signal();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            tls.Dispose();
            Signal();
        }

        base.Dispose(disposing);
    }

    private void Signal()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            _closed.Cancel();
        }
    }
}
