using System.IO.Pipelines;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.Http;

/// <summary>
/// Copies raw bytes both ways after an origin switched protocols. The end of either direction ends both, as visitors of the
/// original expect (http2-and-proxy, section 4.9).
/// </summary>
internal static class UpgradedCopy
{
    public static async Task RunAsync(EdgeStream stream, Stream origin, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await ResponseBodyCopy.FlushAsync(stream.Output, cancellationToken).ConfigureAwait(false);
        var toOrigin = ToOriginAsync(stream.Input, origin, ended.Token);
        var toEdge = ResponseBodyCopy.RunAsync(origin, stream.Output, ended.Token).AsTask();
        var first = await Task.WhenAny(toOrigin, toEdge).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);

        // The origin's connection is closed with the copy; a read that ignores cancellation ends with it.
        await origin.DisposeAsync().ConfigureAwait(false);
        await ((Task)Task.WhenAll(toOrigin, toEdge)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first.ConfigureAwait(false);
    }

    private static async Task ToOriginAsync(PipeReader input, Stream origin, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            foreach (var segment in read.Buffer)
            {
                await origin.WriteAsync(segment, cancellationToken).ConfigureAwait(false);
            }

            input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }

            await origin.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
