using System.Net;
using Culvert.Edge.AccessLogs;
using Culvert.Edge.PrivateNetworks;
using Culvert.Edge.PrivateNetworks.Flows;
using Culvert.Edge.PrivateNetworks.Forwards;
using Culvert.Edge.PrivateNetworks.Proxies;
using Culvert.Edge.Tunnels;
using Culvert.Engine.Metrics;
using Culvert.Engine.Tracing.Export;
using Culvert.Transports.Connections;
using Culvert.Transports.Quic;
using Culvert.Transports.Quic.Providers;

namespace Culvert.Edge;

/// <summary>How an edge node listens and what it allows. The defaults serve one machine.</summary>
public sealed record EdgeOptions
{
    /// <summary>Port that connectors dial.</summary>
    public const int DefaultConnectorPort = 7844;

    /// <summary>Where connectors dial, over TCP and, on the same port, over UDP.</summary>
    public IPEndPoint ConnectorAddress { get; init; } = new(IPAddress.Loopback, DefaultConnectorPort);

    /// <summary>Where visitors come in, over plain HTTP.</summary>
    public IPEndPoint VisitorAddress { get; init; } = new(IPAddress.Loopback, 8080);

    /// <summary>Where the quick-tunnel service answers, over plain HTTP; null for no service.</summary>
    public IPEndPoint? ApiAddress { get; init; } = new(IPAddress.Loopback, 8081);

    /// <summary>
    /// Whether connectors may come over QUIC. Where it cannot be used the node says so and goes on with HTTP/2.
    /// </summary>
    public bool AcceptQuic { get; init; } = true;

    /// <summary>Which library carries QUIC.</summary>
    public QuicProvider QuicProvider { get; init; } =
        OperatingSystem.IsWindows() ? QuicProvider.MsQuic : QuicProvider.Ngtcp2;

    /// <summary>Threads for QUIC, each with its own socket on the port, 1 to 64.</summary>
    public int QuicLoops { get; init; } = 1;

    /// <summary>Windows, timers, sizes and limits of QUIC connections.</summary>
    public QuicTransportOptions Quic { get; init; } = new();

    /// <summary>Host under which operators reach the management service of connectors; empty for no such host.</summary>
    public string ManagementHostname { get; init; } = ManagementHostnames.Usual;

    /// <summary>Domain under which quick tunnels get their names.</summary>
    public string BaseDomain { get; init; } = "localhost";

    /// <summary>Largest length of <see cref="Location"/>.</summary>
    internal const int MaxLocationLength = 8;

    /// <summary>Name of this node that registrations and <c>CF-Ray</c> headers carry; 1 to 8 letters or digits.</summary>
    public string Location { get; init; } = "LCL";

    /// <summary>Tunnels with fixed hostnames.</summary>
    public IReadOnlyList<StaticTunnel> Tunnels { get; init; } = [];

    /// <summary>UDP ports that lead to a destination behind a tunnel.</summary>
    public IReadOnlyList<PortForward> UdpForwards { get; init; } = [];

    /// <summary>TCP ports that lead to a destination behind a tunnel, or to a hostname's TCP service.</summary>
    public IReadOnlyList<PortForward> TcpForwards { get; init; } = [];

    /// <summary>Networks behind tunnels that the proxy and pings may reach; nothing else.</summary>
    public IReadOnlyList<PrivateRoute> PrivateRoutes { get; init; } = [];

    /// <summary>
    /// Name of a TUN interface whose echo requests are carried into private networks; null for none. Linux alone.
    /// </summary>
    public string? PingInterface { get; init; }

    /// <summary>A SOCKS5 and HTTP CONNECT proxy into private networks; null for none.</summary>
    public PrivateProxyOptions? PrivateProxy { get; init; }

    /// <summary>Sizes and times of UDP flows.</summary>
    public FlowOptions Flows { get; init; } = new();

    /// <summary>Most quick tunnels at a time; a further request is refused with status 429.</summary>
    public int MaxQuickTunnels { get; init; } = 10_000;

    /// <summary>How long a quick tunnel outlives its last connection, and how long it may wait for its first.</summary>
    public TimeSpan QuickTunnelLinger { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Most connector connections at a time; a further one is closed at once.</summary>
    public int MaxConnectorConnections { get; init; } = 10_000;

    /// <summary>Most connections that have not registered yet; further ones wait in the kernel's queue.</summary>
    public int MaxPendingRegistrations { get; init; } = 256;

    /// <summary>How long a connector may take from its handshake to its registration.</summary>
    public TimeSpan RegistrationTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a connection that was unregistered may go on with its open streams.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>Where metrics and readiness are served; null for nowhere.</summary>
    public MetricsAddress? MetricsAddress { get; init; }

    /// <summary>Where a line for each request is written; null for nowhere.</summary>
    public AccessLogOptions? AccessLog { get; init; }

    /// <summary>Where a span of each request is sent; null for nowhere.</summary>
    public OtlpOptions? Traces { get; init; }

    /// <summary>Most visitor connections at a time; further ones are closed at once.</summary>
    public int MaxVisitorConnections { get; init; } = 20_000;
}
