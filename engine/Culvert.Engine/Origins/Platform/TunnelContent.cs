using System.IO.Pipelines;
using System.Net;

namespace Culvert.Engine.Origins.Platform;

/// <summary>A request body that is read from the tunnel while the response is read. For one request.</summary>
/// <param name="input">The tunnel; borrowed until <see cref="StopAsync"/> has ended.</param>
/// <param name="length">The announced length in bytes, or null.</param>
internal sealed class TunnelContent(PipeReader input, long? length) : HttpContent
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _copy = Task.CompletedTask;

    /// <summary>Ends the copy, which nobody wants any more, and waits for it. Never throws.</summary>
    public async ValueTask StopAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _copy.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        _copy = CopyAsync(stream, cancellationToken);

    protected override bool TryComputeLength(out long computed)
    {
        computed = length ?? 0;
        return length.HasValue;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stopping.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task CopyAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        var left = length ?? long.MaxValue;
        while (left > 0)
        {
            if (!input.TryRead(out var read))
            {
                // The head, and whatever else waits, must not wait for a visitor who pauses.
                await stream.FlushAsync(either.Token).ConfigureAwait(false);
                read = await input.ReadAsync(either.Token).ConfigureAwait(false);
            }

            foreach (var segment in read.Buffer.Slice(0, Math.Min(left, read.Buffer.Length)))
            {
                await stream.WriteAsync(segment, either.Token).ConfigureAwait(false);
                left -= segment.Length;
            }

            input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                break;
            }
        }

        if (left > 0 && length is not null)
        {
            throw new EndOfStreamException($"the request body ended {left} bytes early");
        }
    }
}
