using Culvert.Engine.Origins.Dialing;
using Culvert.Engine.Origins.Socks;
using Culvert.Engine.Origins.WebSockets;
using Culvert.Ingress.OriginRequests;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.Tcp;

/// <summary>Carries a TCP connection inside a WebSocket (http2-and-proxy, section 4.7): dial, acknowledge, copy.</summary>
internal static class TcpInWebSocket
{
    /// <summary>Serves one stream with one origin. The end of either direction ends both.</summary>
    /// <param name="stream">The request.</param>
    /// <param name="destination">Host and port of the origin.</param>
    /// <param name="dialer">Connects to it.</param>
    /// <param name="settings">Whether a SOCKS5 handshake comes first.</param>
    /// <param name="time">The clock of its timeouts.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OriginException">There is no connection; nothing was sent yet.</exception>
    public static async ValueTask ServeAsync(
        EdgeStream stream,
        string destination,
        TcpDialer dialer,
        OriginRequest settings,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var origin = await DialAsync(destination, dialer, cancellationToken).ConfigureAwait(false);
        await using (origin.ConfigureAwait(false))
        {
            await StreamAck.SendAsync(stream, cancellationToken).ConfigureAwait(false);
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

    private static async ValueTask<TcpConnection> DialAsync(
        string destination, TcpDialer dialer, CancellationToken cancellationToken)
    {
        try
        {
            var (host, port) = HostPort.Split(destination);
            return new TcpConnection(await dialer.ConnectAsync(host, port, cancellationToken).ConfigureAwait(false));
        }
        catch (DialException e)
        {
            throw new OriginException(e.Message, e);
        }
    }
}
