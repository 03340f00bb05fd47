using System.Globalization;
using Culvert.Engine.Datagrams.Icmp;
using Culvert.Engine.Datagrams.Muxer;
using Culvert.Engine.Flows;
using Prometheus;

namespace Culvert.Connector.Metrics;

/// <summary>
/// What UDP flows, sessions and ICMP count, under the original's names (datagrams, section 11). The counters are kept where the
/// datagrams are, and copied when somebody asks. Thread-safe.
/// </summary>
public sealed class DatagramMetrics
{
    private readonly CollectorRegistry _registry;
    private readonly Gauge _activeFlows;
    private readonly Counter _totalFlows;
    private readonly Counter _failedFlows;
    private readonly Counter _retries;
    private readonly Counter _migrated;
    private readonly Counter _unsupported;
    private readonly Counter _dropped;
    private readonly Counter _icmpDropped;
    private readonly Counter _icmpRequests;
    private readonly Counter _icmpReplies;
    private readonly Gauge _activeSessions;
    private readonly Counter _totalSessions;
    private readonly Counter _dns;
    private readonly Counter _tooBig;

    internal DatagramMetrics(CollectorRegistry registry)
    {
        _registry = registry;
        var create = Prometheus.Metrics.WithCustomRegistry(registry);
        string[] index = ["conn_index"];
        string[] reason = ["conn_index", "reason"];
        _activeFlows = create.CreateGauge(
            "cloudflared_udp_active_flows", "UDP flows now, by the connection that opened them.", index);
        _totalFlows = create.CreateCounter("cloudflared_udp_total_flows", "UDP flows opened.", index);
        _failedFlows = create.CreateCounter("cloudflared_udp_failed_flows", "UDP flows that ended by an error.", index);
        _retries = create.CreateCounter("cloudflared_udp_retry_flow_responses", "Registrations of flows that were there.", index);
        _migrated = create.CreateCounter("cloudflared_udp_migrated_flows", "Flows that moved to the connection.", index);
        _unsupported = create.CreateCounter(
            "cloudflared_udp_unsupported_remote_command_total", "Session calls on connections that have no sessions.",
            "conn_index", "command");
        _dropped = create.CreateCounter("cloudflared_udp_dropped_datagrams", "Datagrams of flows that were dropped.", reason);
        _icmpDropped = create.CreateCounter("cloudflared_icmp_dropped_packets", "ICMP packets that were dropped.", reason);
        _icmpRequests = create.CreateCounter("cloudflared_icmp_total_requests", "Echo requests that were accepted.");
        _icmpReplies = create.CreateCounter("cloudflared_icmp_total_replies", "Echo replies sent to the edge.");
        _activeSessions = create.CreateGauge("cloudflared_udp_active_sessions", "UDP sessions of version 2 now.");
        _totalSessions = create.CreateCounter("cloudflared_udp_total_sessions", "UDP sessions of version 2 opened.");
        _dns = create.CreateCounter(
            "cloudflared_virtual_origins_dns_requests_total", "Flows to the connector's resolver.", "protocol");
        _tooBig = create.CreateCounter(
            "quic_client_packet_too_big_dropped", "Origins' datagrams that sessions of version 2 have no room for.");
    }

    /// <summary>Shows what a muxer counts; call it once.</summary>
    internal void Watch(DatagramMuxer muxer) => _registry.AddBeforeCollectCallback(() =>
    {
        long sessions = 0;
        long allSessions = 0;
        long tooBig = 0;
        foreach (var index in muxer.UsedIndexes)
        {
            var counters = muxer.Counters(index);
            Show(index.ToString(CultureInfo.InvariantCulture), counters);
            sessions += counters.ActiveSessions;
            allSessions += counters.TotalSessions;
            tooBig += counters.TooBigForSession;
        }

        _activeSessions.Set(sessions);
        _totalSessions.IncTo(allSessions);
        _tooBig.IncTo(tooBig);
    });

    /// <summary>Shows how many flows went to the host's resolver; call it once.</summary>
    internal void Watch(VirtualDns dns) => _registry.AddBeforeCollectCallback(() =>
    {
        _dns.WithLabels("udp").IncTo(dns.Dials(FlowKind.Udp));
        _dns.WithLabels("tcp").IncTo(dns.Dials(FlowKind.Tcp));
    });

    /// <summary>Shows what a ping proxy counts; call it once.</summary>
    internal void Watch(IcmpProxy icmp) => _registry.AddBeforeCollectCallback(() =>
    {
        _icmpRequests.IncTo(icmp.Requests);
        _icmpReplies.IncTo(icmp.Replies);
    });

    private void Show(string index, DatagramCounters counters)
    {
        _activeFlows.WithLabels(index).Set(counters.Active);
        _totalFlows.WithLabels(index).IncTo(counters.Total);
        _failedFlows.WithLabels(index).IncTo(counters.Failed);
        _retries.WithLabels(index).IncTo(counters.Retries);
        _migrated.WithLabels(index).IncTo(counters.Migrated);
        _unsupported.WithLabels(index, "register_udp_session").IncTo(counters.RefusedRegister);
        _unsupported.WithLabels(index, "unregister_udp_session").IncTo(counters.RefusedUnregister);
        foreach (var reason in Enum.GetValues<DropReason>())
        {
            _dropped.WithLabels(index, NameOf(reason)).IncTo(counters.Dropped(reason));
        }

        _icmpDropped.WithLabels(index, "write_full").IncTo(counters.IcmpQueueFull);
        _icmpDropped.WithLabels(index, "write_failed").IncTo(counters.IcmpFailed);
    }

    private static string NameOf(DropReason reason) => reason switch
    {
        DropReason.FlowUnknown => "write_flow_unknown",
        DropReason.WriteFull => "write_full",
        DropReason.WriteDeadlineExceeded => "write_deadline_exceeded",
        DropReason.WriteFailed => "write_failed",
        DropReason.ReadTooLarge => "read_too_large",
        DropReason.ReadExceedsPath => "read_exceeds_path",
        DropReason.SendFull => "send_full",
        _ => "malformed",
    };
}
