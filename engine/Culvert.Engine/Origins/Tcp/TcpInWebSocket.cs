using Culvert.Engine.Metrics;
using Culvert.Engine.Origins.Dialing;
using Culvert.Engine.Origins.Socks;
using Culvert.Engine.Origins.WebSockets;
using Culvert.Ingress.OriginRequests;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.Tcp;

/// <summary>
/// Carries TCP connections inside WebSockets (http2-and-proxy, section 4.7): dial, acknowledge, copy. Thread-safe.
/// </summary>
/// <param name="settings">Connect timeout and keep-alive, and whether a SOCKS5 handshake comes first.</param>
/// <param name="metrics">What is counted.</param>
/// <param name="time">The clock of all timeouts.</param>
internal sealed class TcpInWebSocket(OriginRequest settings, ProxyMetrics metrics, TimeProvider time)
{
    private readonly StreamOpener _opener = new(new TcpDialer(settings, time), metrics, time);

    /// <summary>Serves one stream with one origin. The end of either direction ends both.</summary>
    /// <param name="stream">The request.</param>
    /// <param name="destination">Host and port of the origin.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OriginException">There is no connection; nothing was sent yet.</exception>
    public async ValueTask ServeAsync(EdgeStream stream, string destination, CancellationToken cancellationToken)
    {
        var origin = await OpenAsync(stream, destination, cancellationToken).ConfigureAwait(false);
        await using (origin.ConfigureAwait(false))
        {
            var client = new WebSocketEndpoint(stream, time, cancellationToken);
            await using (client.ConfigureAwait(false))
            {
                // The handshake is answered, but the configured destination counts, whatever the client asks for.
                await (settings.ProxyType == "socks"
                    ? SocksStream.RunAsync(client, (_, _) => ValueTask.FromResult(origin), cancellationToken)
                    : CopyAsync(client, origin, token => client.ReceiveAsync(origin.Output, token), cancellationToken))
                    .ConfigureAwait(false);
            }
        }
    }

    /// <summary>Copies both ways until a direction ends.</summary>
    /// <param name="client">Is sent what the origin sends.</param>
    /// <param name="origin">The origin.</param>
    /// <param name="forward">Passes on what the client sends until that ends.</param>
    /// <param name="cancellationToken">Ends both directions.</param>
    public static async Task CopyAsync(
        WebSocketEndpoint client,
        TcpConnection origin,
        Func<CancellationToken, ValueTask> forward,
        CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var toEdge = client.SendAsync(origin.Input, ended.Token).AsTask();
        var toOrigin = forward(ended.Token).AsTask();
        var first = await Task.WhenAny(toEdge, toOrigin).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        await ((Task)Task.WhenAll(toEdge, toOrigin)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await (toEdge.IsFaulted ? toEdge : first).ConfigureAwait(false);
    }

    private async ValueTask<TcpConnection> OpenAsync(EdgeStream stream, string destination, CancellationToken cancellationToken)
    {
        try
        {
            return await _opener.OpenAsync(stream, destination, cancellationToken).ConfigureAwait(false);
        }
        catch (DialException e)
        {
            throw new OriginException(e.Message, e);
        }
    }
}
