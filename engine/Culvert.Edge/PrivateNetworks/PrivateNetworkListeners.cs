using System.Net;
using System.Net.Sockets;
using Culvert.Edge.PrivateNetworks.Flows;
using Culvert.Edge.PrivateNetworks.Forwards;
using Culvert.Edge.PrivateNetworks.Proxies;
using Culvert.Edge.PrivateNetworks.Streams;
using Culvert.Edge.Tunnels;
using Microsoft.Extensions.Logging;

namespace Culvert.Edge.PrivateNetworks;

/// <summary>Every port of an edge node that leads into private networks.</summary>
internal sealed class PrivateNetworkListeners : IAsyncDisposable
{
    private static readonly TimeSpan DialTimeout = TimeSpan.FromSeconds(15);

    private readonly List<UdpForward> _udp = [];
    private readonly List<TcpForward> _tcp = [];
    private PrivateProxy? _proxy;

    /// <summary>Where UDP clients come, in the order of the options.</summary>
    public IReadOnlyList<IPEndPoint> UdpEndPoints => [.. _udp.Select(port => port.LocalEndPoint)];

    /// <summary>Where TCP clients come, in the order of the options.</summary>
    public IReadOnlyList<IPEndPoint> TcpEndPoints => [.. _tcp.Select(port => port.LocalEndPoint)];

    /// <summary>Where clients of the proxy come; null when there is none.</summary>
    public IPEndPoint? ProxyEndPoint => _proxy?.LocalEndPoint;

    /// <summary>Opens the ports.</summary>
    /// <exception cref="IOException">An address cannot be bound; the text names it and its flag.</exception>
    public static async Task<PrivateNetworkListeners> StartAsync(
        EdgeOptions options, TunnelDirectory tunnels, FlowTable flows, TimeProvider time, ILogger logger)
    {
        var listeners = new PrivateNetworkListeners();
        var streams = new TunnelStreams(DialTimeout, time);
        try
        {
            foreach (var forward in options.UdpForwards)
            {
                listeners._udp.Add(Bind("--udp", forward.Listen, () => new UdpForward(forward, tunnels, flows, logger)));
            }

            foreach (var forward in options.TcpForwards)
            {
                listeners._tcp.Add(Bind("--tcp", forward.Listen, () => new TcpForward(forward, tunnels, streams, logger)));
            }

            if (options.PrivateProxy is { } proxy)
            {
                listeners._proxy = Bind(
                    "--private-proxy", proxy.Listen, () => new PrivateProxy(proxy, tunnels, streams, flows, time));
            }
        }
        catch
        {
            await listeners.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        listeners._udp.ForEach(port => port.Start());
        listeners._tcp.ForEach(port => port.Start());
        listeners._proxy?.Start();
        return listeners;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var port in _udp)
        {
            await port.DisposeAsync().ConfigureAwait(false);
        }

        foreach (var port in _tcp)
        {
            await port.DisposeAsync().ConfigureAwait(false);
        }

        if (_proxy is not null)
        {
            await _proxy.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static T Bind<T>(string flag, IPEndPoint address, Func<T> bind)
    {
        try
        {
            return bind();
        }
        catch (SocketException e)
        {
            throw new IOException($"cannot listen for {flag} on {address}: {e.Message}", e);
        }
    }
}
