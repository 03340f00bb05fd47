using System.Net;
using System.Net.Sockets;
using Culvert.Edge.PrivateNetworks.Flows;
using Culvert.Edge.PrivateNetworks.Forwards;
using Culvert.Edge.PrivateNetworks.Pings;
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
    private UnreachableReplies? _unreachable;
    private PrivateProxy? _proxy;
    private TunInterface? _pings;

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
        var routes = new PrivateRoutes(options.PrivateRoutes, tunnels);
        try
        {
            listeners.OpenUdp(options.UdpForwards, tunnels, flows, time, logger);

            foreach (var forward in options.TcpForwards)
            {
                listeners._tcp.Add(Bind("--tcp", forward.Listen, () => new TcpForward(forward, tunnels, streams, logger)));
            }

            if (options.PrivateProxy is { } proxy)
            {
                listeners._proxy = Bind(
                    "--private-proxy", proxy.Listen, () => new PrivateProxy(proxy, routes, streams, flows, time));
            }

            if (options.PingInterface is { } name)
            {
                listeners.OpenPings(name, routes, flows, time);
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
        listeners._pings?.Start();
        return listeners;
    }

    public async ValueTask DisposeAsync()
    {
        _pings?.Dispose();
        foreach (var port in _udp)
        {
            port.Dispose();
        }

        _unreachable?.Dispose();
        foreach (var port in _tcp)
        {
            await port.DisposeAsync().ConfigureAwait(false);
        }

        if (_proxy is not null)
        {
            await _proxy.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void OpenUdp(
        IReadOnlyList<PortForward> forwards, TunnelDirectory tunnels, FlowTable flows, TimeProvider time, ILogger logger)
    {
        if (forwards.Count == 0)
        {
            return;
        }

        if (!OperatingSystem.IsLinux())
        {
            throw new IOException("--udp: UDP into private networks needs Linux");
        }

        var unreachable = _unreachable = new UnreachableReplies(flows.Counters, time, logger);
        foreach (var forward in forwards)
        {
            _udp.Add(Bind("--udp", forward.Listen, () => new UdpForward(forward, tunnels, flows, unreachable, logger)));
        }
    }

    private void OpenPings(string name, PrivateRoutes routes, FlowTable flows, TimeProvider time)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new IOException("--ping-interface: pings into private networks need Linux");
        }

        try
        {
            PingRelay relay = null!;
            _pings = new TunInterface(name, packet => relay.Send(packet));
            relay = new PingRelay(routes, flows, _pings.Write, time);
            flows.Pings = relay;
        }
        catch (IOException e)
        {
            throw new IOException($"cannot open the interface of --ping-interface {name}: {e.Message}", e);
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
