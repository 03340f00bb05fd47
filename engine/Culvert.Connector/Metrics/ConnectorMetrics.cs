using System.Collections.Concurrent;
using System.Globalization;
using Culvert.Engine.Metrics;
using Prometheus;

namespace Culvert.Connector.Metrics;

/// <summary>
/// What a connector counts, under the original's names (http2-and-proxy, section 9.4; supervisor-and-operations, section 6.3).
/// Thread-safe.
/// </summary>
public sealed class ConnectorMetrics
{
    private const string RegisterMethod = "registerConnection";

    private readonly Counter _registered;
    private readonly Counter _registrationsFailed;
    private readonly Gauge _locations;
    private readonly Gauge _connections;
    private readonly Counter _pushes;
    private readonly Counter _pushesFailed;
    private readonly Gauge _version;
    private readonly Counter _userHostnames;
    private readonly Counter _scrapes;
    private readonly Gauge _scraping;
    private readonly ConcurrentDictionary<byte, string> _locationByConnection = new();

    /// <summary>Creates the counters of one connector, those of its proxy included.</summary>
    /// <param name="version">Version of the connector.</param>
    public ConnectorMetrics(string version)
    {
        var create = Prometheus.Metrics.WithCustomRegistry(Registry);
        Proxy = new ProxyMetrics(Registry);
        Rpc = new RpcMetrics(create);
        Datagrams = new DatagramMetrics(Registry);
        Quic = new QuicMetrics(Registry);
        _scrapes = create.CreateCounter(
            "promhttp_metric_handler_requests_total", "Times that metrics were asked for, by status.", "code");
        _scraping = create.CreateGauge(
            "promhttp_metric_handler_requests_in_flight", "Times that metrics are being asked for now.");
        Array.ForEach(["200", "500", "503"], code => _scrapes.WithLabels(code));
        EngineMetrics.AddProcess(Registry);
        create.CreateGauge("build_info", "Build and version information", "goversion", "revision", "type", "version")
            .WithLabels($"dotnet{Environment.Version}", "", "", version).Set(1);
        _registered = create.CreateCounter(
            "cloudflared_tunnel_tunnel_register_success", "Registrations that the edge accepted.", "rpcName");
        _registrationsFailed = create.CreateCounter(
            "cloudflared_tunnel_tunnel_register_fail", "Registrations that failed, by reason.", "error", "rpcName");
        _locations = create.CreateGauge(
            "cloudflared_tunnel_server_locations", "Where each connection leads: 1 now, 0 before.", "connection_id",
            "edge_location");
        _connections = create.CreateGauge(
            "cloudflared_tunnel_ha_connections", "Connections that are kept up, those that wait to be dialled again included.");
        _pushes = create.CreateCounter(
            "cloudflared_config_local_config_pushes", "Attempts to tell the edge the local configuration.");
        _pushesFailed = create.CreateCounter(
            "cloudflared_config_local_config_pushes_errors", "Attempts that failed to tell the edge the local configuration.");
        _version = create.CreateGauge(
            "cloudflared_orchestration_config_version", "Version of the remote configuration in force.");
        _userHostnames = create.CreateCounter(
            "cloudflared_tunnel_user_hostnames_counts", "Hostnames of quick tunnels.", "userHostname");
        DotNetStats.Register(Registry);
    }

    /// <summary>Where everything is read from.</summary>
    public CollectorRegistry Registry { get; } = Prometheus.Metrics.NewCustomRegistry();

    /// <summary>What the proxy counts.</summary>
    public ProxyMetrics Proxy { get; }

    /// <summary>What RPC conversations count.</summary>
    public RpcMetrics Rpc { get; }

    /// <summary>What UDP flows, sessions and ICMP count.</summary>
    public DatagramMetrics Datagrams { get; }

    /// <summary>What QUIC connections do.</summary>
    public QuicMetrics Quic { get; }

    /// <summary>A connection begins to be kept up.</summary>
    public void ConnectionBegan() => _connections.Inc();

    /// <summary>A connection is not kept up any longer.</summary>
    public void ConnectionEnded() => _connections.Dec();

    /// <summary>The edge accepted a connection, which takes requests from now on.</summary>
    /// <param name="index">The connection.</param>
    /// <param name="location">Where the edge says it is.</param>
    public void Registered(byte index, string location)
    {
        _registered.WithLabels(RegisterMethod).Inc();
        var connection = index.ToString(CultureInfo.InvariantCulture);
        if (_locationByConnection.TryGetValue(index, out var previous))
        {
            _locations.WithLabels(connection, previous).Dec();
        }

        _locations.WithLabels(connection, location).Inc();
        _locationByConnection[index] = location;
    }

    /// <summary>A registration failed.</summary>
    /// <param name="isDuplicate">Whether the edge has a connection of this connector already.</param>
    public void RegistrationFailed(bool isDuplicate) =>
        _registrationsFailed.WithLabels(isDuplicate ? "dup_edge_conn" : "server_error", RegisterMethod).Inc();

    /// <summary>The edge is about to be told the local configuration.</summary>
    public void ConfigurationPushed() => _pushes.Inc();

    /// <summary>The edge could not be told the local configuration.</summary>
    public void ConfigurationPushFailed() => _pushesFailed.Inc();

    /// <summary>A configuration of the edge is in force.</summary>
    /// <param name="version">Its version.</param>
    public void ConfigurationVersion(int version) => _version.Set(version);

    /// <summary>Shows how many log events were not written; call it once.</summary>
    /// <param name="dropped">Asked for each time.</param>
    public void WatchLog(Func<long> dropped) => EngineMetrics.AddLog(Registry, dropped);

    /// <summary>Writes everything in Prometheus's text format, and counts that.</summary>
    internal async Task<byte[]> WriteAsync(CancellationToken cancellationToken)
    {
        _scraping.Inc();
        try
        {
            using var text = new MemoryStream();
            await Registry.CollectAndExportAsTextAsync(text, cancellationToken).ConfigureAwait(false);
            _scrapes.WithLabels("200").Inc();
            return text.ToArray();
        }
        finally
        {
            _scraping.Dec();
        }
    }

    /// <summary>The connector serves a quick tunnel.</summary>
    /// <param name="hostname">Its hostname, with or without a scheme.</param>
    public void UserHostname(string hostname)
    {
        ArgumentNullException.ThrowIfNull(hostname);
        var url = hostname.Contains("://", StringComparison.Ordinal) ? hostname : "https://" + hostname;
        _userHostnames.WithLabels(url).Inc();
    }
}
