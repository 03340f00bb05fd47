using System.Runtime.CompilerServices;
using Culvert.Transports.AsyncMethods;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;

namespace Culvert.Edge.Visitors;

/// <summary>Carries one HTTP exchange between a visitor and a connector's stream, both bodies at the same time.</summary>
internal static class HttpRelay
{
    /// <exception cref="IOException">The connector was lost.</exception>
    public static ValueTask RunAsync(Visitor visitor, ConnectorStream stream) =>
        visitor.MayHaveBody ? RunBothWaysAsync(visitor, stream) : DownloadAsync(visitor, stream);

    private static async ValueTask RunBothWaysAsync(Visitor visitor, ConnectorStream stream)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(visitor.Aborted);
        var upload = UploadAsync(visitor, stream, ended.Token);
        try
        {
            await DownloadAsync(visitor, stream).ConfigureAwait(false);
        }
        finally
        {
            // A response may end before its request: what is left of the upload has no reader.
            await ended.CancelAsync().ConfigureAwait(false);
            await upload.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private static async ValueTask DownloadAsync(Visitor visitor, ConnectorStream stream)
    {
        var head = await stream.ReadHeadAsync(visitor.Aborted).ConfigureAwait(false);
        if (head.Source != ResponseSource.Origin)
        {
            await ErrorPage.WriteAsync(visitor, EdgeError.From(head.Source)).ConfigureAwait(false);
            return;
        }

        VisitorResponse.SetHead(visitor, head);
        if (visitor.Method == "HEAD" || head.Status is 204 or 304)
        {
            return;
        }

        await PipeCopy.RunAsync(stream.Input, visitor.ResponseBody, visitor.Aborted, visitor.Sent).ConfigureAwait(false);
        VisitorResponse.AddTrailers(visitor, stream.Trailers);
    }

    private static async Task UploadAsync(Visitor visitor, ConnectorStream stream, CancellationToken cancellationToken)
    {
        try
        {
            if (await PipeCopy.RunAsync(
                visitor.RequestBody, stream.Output, cancellationToken, visitor.Received).ConfigureAwait(false))
            {
                await stream.Output.CompleteAsync().ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            // The connector must not take a cut upload for a complete one.
            await stream.Output.CompleteAsync(e).ConfigureAwait(false);
            throw;
        }
    }
}
