using Culvert.Edge.AccessLogs;
using Culvert.Edge.PrivateNetworks.Flows;
using Culvert.Edge.Tunnels;
using Culvert.Edge.Visitors;
using Culvert.Transports.Streams;
using Prometheus;

namespace Culvert.Edge.Metrics;

/// <summary>
/// What an edge node counts, under names that begin with <c>culvert_edge_</c>. Counting allocates nothing. Thread-safe.
/// </summary>
public sealed class EdgeMetrics
{
    private const int StatusClasses = 6;

    /// <summary>Version of the edge node.</summary>
    internal static string Version { get; } = typeof(EdgeMetrics).Assembly.GetName().Version?.ToString(3) ?? "";

    private readonly Counter.Child[] _requests = new Counter.Child[StatusClasses];
    private readonly Gauge _openRequests;
    private readonly Histogram _durations;
    private readonly Counter _errors;
    private readonly Gauge _connections;
    private readonly Counter _registrations;
    private readonly Counter _refused;
    private readonly Gauge _draining;

    internal EdgeMetrics()
    {
        var create = Prometheus.Metrics.WithCustomRegistry(Registry);
        create.CreateGauge("culvert_edge_build_info", "Version of the edge node and of its runtime.", "version", "runtime")
            .WithLabels(Version, $"dotnet{Environment.Version}").Set(1);
        var requests = create.CreateCounter(
            "culvert_edge_requests_total", "Visitors' requests that have ended, by the class of their status.", "class");
        for (var hundreds = 1; hundreds < StatusClasses; hundreds++)
        {
            _requests[hundreds] = requests.WithLabels($"{hundreds}xx");
        }

        _requests[0] = requests.WithLabels("other");
        _openRequests = create.CreateGauge("culvert_edge_open_requests", "Visitors' requests under way, WebSockets included.");
        _durations = create.CreateHistogram(
            "culvert_edge_request_duration_seconds", "Time from a request's head to its end, without WebSockets.",
            new HistogramConfiguration { Buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60] });
        _errors = create.CreateCounter(
            "culvert_edge_request_errors_total",
            "Requests that the node answered itself, by the code on the error page.", "code");
        _connections = create.CreateGauge(
            "culvert_edge_connections", "Connections of connectors that are registered now, by transport.", "protocol");
        _registrations = create.CreateCounter(
            "culvert_edge_registrations_total", "Registrations that were accepted, by transport.", "protocol");
        _refused = create.CreateCounter(
            "culvert_edge_registrations_refused_total", "Registrations that were refused, by reason.", "reason");
        _draining = create.CreateGauge("culvert_edge_draining", "1 while the node finishes what it has begun, else 0.");
        foreach (var protocol in new[] { "quic", "http2" })
        {
            _connections.WithLabels(protocol).Set(0);
            _registrations.WithLabels(protocol).IncTo(0);
        }

        DotNetStats.Register(Registry);
    }

    /// <summary>Where everything is read from.</summary>
    public CollectorRegistry Registry { get; } = Prometheus.Metrics.NewCustomRegistry();

    /// <summary>Bytes of bodies and WebSockets that visitors sent.</summary>
    internal ByteCount Received { get; } = new();

    /// <summary>Bytes of bodies and WebSockets that visitors got.</summary>
    internal ByteCount Sent { get; } = new();

    /// <summary>A request begins; <see cref="RequestEnded"/> follows.</summary>
    internal void RequestBegan() => _openRequests.Inc();

    /// <summary>A request has ended.</summary>
    /// <param name="status">Its status, 499 when the visitor left before there was one.</param>
    /// <param name="duration">From its head to its end.</param>
    internal void RequestEnded(int status, TimeSpan duration)
    {
        _openRequests.Dec();
        _requests[status / 100 is > 0 and < StatusClasses and var hundreds ? hundreds : 0].Inc();
        if (status != 101)
        {
            _durations.Observe(duration.TotalSeconds);
        }
    }

    /// <summary>The node answers a request itself.</summary>
    internal void Answered(EdgeError error) => _errors.WithLabels(error.Code).Inc();

    /// <summary>A connection was registered; <see cref="Disconnected"/> follows.</summary>
    internal void Registered(string protocol)
    {
        _registrations.WithLabels(protocol).Inc();
        _connections.WithLabels(protocol).Inc();
    }

    /// <summary>A registered connection has ended.</summary>
    internal void Disconnected(string protocol) => _connections.WithLabels(protocol).Dec();

    /// <summary>A connection was not registered.</summary>
    /// <param name="reason"><c>tunnel</c>, <c>secret</c>, <c>duplicate</c>, <c>draining</c> or <c>limit</c>.</param>
    internal void Refused(string reason) => _refused.WithLabels(reason).Inc();

    /// <summary>The node begins to stop.</summary>
    internal void Draining() => _draining.Set(1);

    /// <summary>Shows what others count; call it once.</summary>
    internal void Watch(TunnelDirectory tunnels, FlowTable flows, AccessLog? accessLog)
    {
        var create = Prometheus.Metrics.WithCustomRegistry(Registry);
        var known = create.CreateGauge("culvert_edge_tunnels", "Tunnels that the node knows, by kind.", "kind");
        var served = create.CreateGauge("culvert_edge_tunnels_served", "Tunnels with a connection that takes requests.");
        var bytes = create.CreateCounter(
            "culvert_edge_visitor_bytes_total", "Bytes of bodies and WebSockets, by direction as the node sees it.", "direction");
        var (received, sent) = (bytes.WithLabels("received"), bytes.WithLabels("sent"));
        var flowsNow = create.CreateGauge("culvert_edge_udp_flows", "UDP flows now.");
        var opened = create.CreateCounter("culvert_edge_udp_flows_total", "UDP flows that were begun.");
        var refused = create.CreateCounter(
            "culvert_edge_udp_flows_refused_total", "UDP flows that connectors refused or left unanswered.");
        var retries = create.CreateCounter(
            "culvert_edge_udp_registration_retries_total", "Registrations of UDP flows sent again.");
        var migrated = create.CreateCounter(
            "culvert_edge_udp_flows_migrated_total", "Times that a UDP flow went to another connection.");
        var unreachable = create.CreateCounter(
            "culvert_edge_udp_unreachable_total", "ICMP errors to UDP clients whose destination cannot be reached.");
        var dropped = create.CreateCounter(
            "culvert_edge_datagrams_dropped_total",
            "Datagrams dropped: clients' that went nowhere, connectors' of no known flow.", "source");
        var lines = create.CreateCounter(
            "culvert_edge_access_log_dropped_total", "Lines of the access log that were not written.");
        Registry.AddBeforeCollectCallback(() =>
        {
            var (quick, withConnection) = (tunnels.QuickTunnels, 0);
            foreach (var tunnel in tunnels.All)
            {
                withConnection += tunnel.Pick() is null ? 0 : 1;
            }

            known.WithLabels("quick").Set(quick);
            known.WithLabels("static").Set(Math.Max(0, tunnels.Count - quick));
            served.Set(withConnection);
            received.IncTo(Received.Value);
            sent.IncTo(Sent.Value);
            flowsNow.Set(flows.Count);
            opened.IncTo(flows.Counters.Opened);
            refused.IncTo(flows.Counters.Refused);
            retries.IncTo(flows.Counters.Retries);
            migrated.IncTo(flows.Counters.Migrated);
            unreachable.IncTo(flows.Counters.Unreachable);
            dropped.WithLabels("client").IncTo(flows.Counters.Dropped);
            dropped.WithLabels("connector").IncTo(flows.Counters.Unknown);
            lines.IncTo(accessLog?.Dropped ?? 0);
        });
    }
}
