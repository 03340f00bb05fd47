using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Culvert.Transports.Streams;

namespace Culvert.Connector.Management;

/// <summary>
/// The tunnel's stream under a WebSocket that pings by itself. When the WebSocket gives up it disposes of its stream, which ends
/// what is under way; after <see cref="EndWritesAsync"/> nothing of it touches the stream any more.
/// </summary>
[SuppressMessage("Design", "CA2213", Justification = "The semaphore and the source have neither timer nor handle.")]
internal sealed class LogSocketStream(PipeReader input, PipeWriter output) : DuplexStream(input, output)
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _disposed = new();
    private bool _ended;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        return await base.ReadAsync(buffer, either.Token).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        await _turn.WaitAsync(either.Token).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_ended, this);
            await base.WriteAsync(buffer, either.Token).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Waits for a write that is under way; later ones fail.</summary>
    public async ValueTask EndWritesAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        _ended = true;
        _turn.Release();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _disposed.Cancel();
        base.Dispose(disposing);
    }
}
