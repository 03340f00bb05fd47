using System.Net;
using System.Net.Sockets;
using Culvert.Engine.Metrics;
using Culvert.Engine.Origins.Dialing;
using Culvert.Engine.Origins.Tcp;
using Culvert.Engine.Origins.WebSockets;
using Culvert.Ingress.IpAccess;
using Culvert.Ingress.OriginRequests;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.Socks;

/// <summary>
/// The <c>socks-proxy</c> service: a SOCKS5 server that connects where its clients want and the rules allow; what no rule covers
/// is denied (http2-and-proxy, section 7.1; ingress-and-config, section 3.7). Thread-safe.
/// </summary>
public sealed class SocksProxyOrigin : IOrigin
{
    private readonly TimeProvider _time;
    private readonly IpAccessPolicy _policy;
    private readonly TcpDialer _dialer;
    private readonly StreamOpener _opener;

    /// <summary>Creates the origin.</summary>
    /// <param name="policy">What may be reached.</param>
    /// <param name="settings">Connect timeout and keep-alive.</param>
    /// <param name="metrics">What is counted; null for nothing.</param>
    public SocksProxyOrigin(IpAccessPolicy policy, OriginRequest settings, ProxyMetrics? metrics = null)
        : this(policy, settings, metrics ?? new ProxyMetrics(), TimeProvider.System, null)
    {
    }

    internal SocksProxyOrigin(
        IpAccessPolicy policy,
        OriginRequest settings,
        ProxyMetrics metrics,
        TimeProvider time,
        Func<string, CancellationToken, Task<IPAddress[]>>? resolve)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(settings);
        _time = time;
        _policy = policy;
        _dialer = new TcpDialer(settings, time, resolve);
        _opener = new StreamOpener(_dialer, metrics, time);
    }

    /// <inheritdoc/>
    public async ValueTask ServeAsync(EdgeStream stream, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        await _opener.AcknowledgeAsync(stream, cancellationToken).ConfigureAwait(false);
        var client = new WebSocketEndpoint(stream, _time, cancellationToken);
        await using (client.ConfigureAwait(false))
        {
            await SocksStream.RunAsync(client, ConnectAsync, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // The address that was allowed is the one that is dialled: a name is resolved once.
    private async ValueTask<TcpConnection> ConnectAsync(SocksAddress destination, CancellationToken cancellationToken)
    {
        var address = destination.IP ?? await ResolveAsync(destination.Name, cancellationToken).ConfigureAwait(false);
        if (!_policy.Allows(address, destination.Port, out var rule))
        {
            throw new SocksException(
                $"Connect to {destination} denied{(rule is null ? "" : $" due to iprule: {rule}")}",
                SocksReplyCode.NotAllowed, true);
        }

        try
        {
            var socket = await _dialer.ConnectAsync(address.ToString(), destination.Port, cancellationToken)
                .ConfigureAwait(false);
            return new TcpConnection(socket);
        }
        catch (DialException e)
        {
            throw new SocksException($"Connect to {destination} failed: {e.Message}", CodeFor(e.Error));
        }
    }

    private async ValueTask<IPAddress> ResolveAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return (await _dialer.ResolveAsync(name, cancellationToken).ConfigureAwait(false))[0];
        }
        catch (DialException)
        {
            throw new SocksException("unable to resolve host to confirm access", SocksReplyCode.NotAllowed, true);
        }
    }

    private static SocksReplyCode CodeFor(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => SocksReplyCode.ConnectionRefused,
        SocketError.NetworkUnreachable => SocksReplyCode.NetworkUnreachable,
        _ => SocksReplyCode.HostUnreachable,
    };
}
