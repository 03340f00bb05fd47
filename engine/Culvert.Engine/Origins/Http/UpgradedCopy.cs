using Culvert.Engine.Origins.Http.Connections;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.Http;

/// <summary>
/// Copies raw bytes both ways after an origin switched protocols. The end of either direction ends both, as visitors of the
/// original expect (http2-and-proxy, section 4.9).
/// </summary>
internal static class UpgradedCopy
{
    public static async Task RunAsync(EdgeStream stream, OriginConnection origin, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var toEdge = PipeCopy.RunAsync(origin.Input, stream.Output, ended.Token).AsTask();
        var toOrigin = PipeCopy.RunAsync(stream.Input, origin.Output, ended.Token).AsTask();
        var first = await Task.WhenAny(toOrigin, toEdge).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        await ((Task)Task.WhenAll(toOrigin, toEdge)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first.ConfigureAwait(false);
    }
}
