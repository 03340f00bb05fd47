using System.Net;
using Culvert.Connector.EdgeAddresses;
using Culvert.Connector.Management;
using Culvert.Connector.Prechecks;
using Culvert.Connector.RemoteFeatures;
using Culvert.Connector.Supervision;
using Culvert.Engine.Datagrams.Icmp;
using Culvert.Engine.Datagrams.Muxer;
using Culvert.Engine.Metrics;
using Culvert.Engine.Tags;
using Culvert.Engine.Tracing.Export;
using Culvert.Ingress.Configuration;
using Culvert.Ingress.Snapshots;
using Culvert.Transports.Credentials;
using Culvert.Transports.Quic;
using Culvert.Transports.Quic.Providers;
using Culvert.Transports.Tls;

namespace Culvert.Connector;

/// <summary>What a connector runs with.</summary>
public sealed record ConnectorOptions
{
    /// <summary>Longest grace period an operator may ask for.</summary>
    public static readonly TimeSpan MaxGracePeriod = TimeSpan.FromMinutes(3);

    /// <summary>Version of the original that this one is like.</summary>
    public const string DefaultVersion = "2026.8.2";

    /// <summary>The tunnel and its secret.</summary>
    public required TunnelCredentials Credentials { get; init; }

    /// <summary>
    /// Addresses of edge nodes; a repeated address counts again. Not used when there are <see cref="EdgeRegions"/>.
    /// </summary>
    public required IReadOnlyList<IPEndPoint> EdgeAddresses { get; init; }

    /// <summary>Addresses of each region of the edge, as discovered; null for <see cref="EdgeAddresses"/>.</summary>
    public IReadOnlyList<IReadOnlyList<IPEndPoint>>? EdgeRegions { get; init; }

    /// <summary>Which addresses of the regions may be used.</summary>
    public EdgeIpVersion EdgeIpVersion { get; init; }

    /// <summary>Failed dials in a row that change no transport.</summary>
    public int MaxEdgeAddressRetries { get; init; } = 8;

    /// <summary>Who may vouch for an edge node.</summary>
    public required EdgeTrust Trust { get; init; }

    /// <summary>The rules that answer requests.</summary>
    public required IngressSnapshot Ingress { get; init; }

    /// <summary>How private networks are reached.</summary>
    public WarpRouting WarpRouting { get; init; } = WarpRouting.Default;

    /// <summary>
    /// Most flows of private networks, whatever this configuration or one of the edge says; 0 for any number, null for what they
    /// say.
    /// </summary>
    public ulong? MaxActiveFlows { get; init; }

    /// <summary>Flags that are told to the edge with the rules, by name.</summary>
    public IReadOnlyDictionary<string, string> ConfigurationFlags { get; init; } = new Dictionary<string, string>();

    /// <summary>Settings that <c>/diag/configuration</c> shows, by name; they hold no secret.</summary>
    public IReadOnlyDictionary<string, string> DiagnosticSettings { get; init; } = new Dictionary<string, string>();

    /// <summary>Parallel connections; never more than there are addresses.</summary>
    public int Connections { get; init; } = 4;

    /// <summary>Transport of the connections.</summary>
    public TunnelProtocol Protocol { get; init; } = TunnelProtocol.Auto;

    /// <summary>Whether connections have to be post-quantum; such connections are QUIC only.</summary>
    public bool PostQuantum { get; init; }

    /// <summary>Which library carries QUIC.</summary>
    public QuicProvider QuicProvider { get; init; } =
        OperatingSystem.IsWindows() ? QuicProvider.MsQuic : QuicProvider.Ngtcp2;

    /// <summary>Windows, timers, sizes and limits of QUIC connections.</summary>
    public QuicTransportOptions Quic { get; init; } = new();

    /// <summary>Limit of registration and other RPC calls.</summary>
    public TimeSpan RpcTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long open requests may go on after a stop was asked for; at most <see cref="MaxGracePeriod"/>.</summary>
    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Cap exponent of the reconnect back-off.</summary>
    public int Retries { get; init; } = 5;

    /// <summary>Version that registrations report.</summary>
    public string Version { get; init; } = DefaultVersion;

    /// <summary>Local address to dial from, or null for any.</summary>
    public IPAddress? BindAddress { get; init; }

    /// <summary>Features to announce beside the usual ones; one of a datagram version chooses it.</summary>
    public IReadOnlyList<string> Features { get; init; } = [];

    /// <summary>DNS record that turns features on for a share of all accounts; null when none is asked for.</summary>
    public FeatureRecordSource? FeatureRecord { get; init; }

    /// <summary>
    /// DNS record that leaves HTTP/2 alone to a share of all accounts; null when none is asked for. Goes with
    /// <see cref="TunnelProtocol.Auto"/> alone.
    /// </summary>
    public FeatureRecordSource? ProtocolRecord { get; init; }

    /// <summary>Resolvers behind the virtual DNS service, at most ten; none for the system's own.</summary>
    public IReadOnlyList<IPEndPoint> DnsResolvers { get; init; } = [];

    /// <summary>Addresses and sizes of pings; null for none.</summary>
    public IcmpOptions? Icmp { get; init; } = new();

    /// <summary>Sizes of the datagram plane.</summary>
    public DatagramMuxerOptions Datagrams { get; init; } = new();

    /// <summary>Headers for origins, in this order; the connector's id follows as the last tag.</summary>
    public IReadOnlyList<Tag> Tags { get; init; } = [];

    /// <summary>Hostname of the quick tunnel that the connector serves; null when it serves another one.</summary>
    public string? QuickHostname { get; init; }

    /// <summary>The service that operators reach through the tunnel.</summary>
    public ManagementOptions Management { get; init; } = new();

    /// <summary>Whom to look at beside the start, and report on; null for nobody.</summary>
    public PrecheckOptions? Prechecks { get; init; }

    /// <summary>Where spans of requests go; null for nowhere, and then none are made.</summary>
    public OtlpOptions? Traces { get; init; }

    /// <summary>Where metrics and readiness are served; null for nowhere.</summary>
    public MetricsAddress? MetricsAddress { get; init; }
}
