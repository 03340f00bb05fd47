namespace Culvert.Transports.Http2;

/// <summary>
/// The TLS stream under HTTP/2, in both roles. It tells when the transport has ended: when its end was read, or when it was
/// disposed, as HTTP/2 stacks do when they fail to write.
/// </summary>
internal sealed class TransportStream(Stream tls) : Stream
{
    private readonly CancellationTokenSource _closed = new();
    private int _taken;
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

    /// <summary>Gives the stream to the HTTP/2 client, once.</summary>
    /// <exception cref="IOException">It was given away before: that connection has ended.</exception>
    public ValueTask<Stream> TakeForClient() => Interlocked.Exchange(ref _taken, 1) == 0
        ? ValueTask.FromResult<Stream>(this)
        : ValueTask.FromException<Stream>(new IOException("the connection to the connector has ended"));

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

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        tls.WriteAsync(buffer, cancellationToken);

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
            // On another thread: whoever waits for the end may dispose the stream, whose read this is.
            _ = _closed.CancelAsync();
        }
    }
}
