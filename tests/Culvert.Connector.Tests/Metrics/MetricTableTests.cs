using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Culvert.CapnProto.Rpc;
using Culvert.Connector.Datagrams;
using Culvert.Connector.Metrics;
using Culvert.Connector.Tests.Datagrams;
using Culvert.Engine.Flows;
using Culvert.Transports.Quic;
using Culvert.Transports.Quic.ConnectorRole;
using Culvert.Transports.Sessions;
using Culvert.Transports.Streams;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Connector.Tests.Metrics;

/// <summary>The table of metrics (supervisor-and-operations, section 6.3) against what is printed.</summary>
public sealed partial class MetricTableTests
{
    private static readonly Lazy<Task<(string Start, string Used)>> Texts = new(PrintAsync);

    /// <summary>Name, type, labels, and whether it is visible from the start.</summary>
    public static TheoryData<string, string, string, bool> Table => new()
    {
        { "build_info", "gauge", "goversion,type,revision,version", true },
        { "cloudflared_tunnel_ha_connections", "gauge", "", true },
        { "cloudflared_tunnel_server_locations", "gauge", "connection_id,edge_location", false },
        { "cloudflared_tunnel_tunnel_register_success", "counter", "rpcName", false },
        { "cloudflared_tunnel_tunnel_register_fail", "counter", "error,rpcName", false },
        { "cloudflared_tunnel_user_hostnames_counts", "counter", "userHostname", false },
        { "cloudflared_tunnel_total_requests", "counter", "", true },
        { "cloudflared_tunnel_concurrent_requests_per_tunnel", "gauge", "", true },
        { "cloudflared_tunnel_response_by_code", "counter", "status_code", false },
        { "cloudflared_tunnel_request_errors", "counter", "", true },
        { "cloudflared_tcp_active_sessions", "gauge", "", true },
        { "cloudflared_tcp_total_sessions", "counter", "", true },
        { "cloudflared_udp_active_sessions", "gauge", "", true },
        { "cloudflared_udp_total_sessions", "counter", "", true },
        { "cloudflared_udp_active_flows", "gauge", "conn_index", false },
        { "cloudflared_udp_total_flows", "counter", "conn_index", false },
        { "cloudflared_udp_failed_flows", "counter", "conn_index", false },
        { "cloudflared_udp_retry_flow_responses", "counter", "conn_index", false },
        { "cloudflared_udp_migrated_flows", "counter", "conn_index", false },
        { "cloudflared_udp_unsupported_remote_command_total", "counter", "conn_index,command", false },
        { "cloudflared_udp_dropped_datagrams", "counter", "conn_index,reason", false },
        { "cloudflared_icmp_dropped_packets", "counter", "conn_index,reason", false },
        { "cloudflared_icmp_total_requests", "counter", "", true },
        { "cloudflared_icmp_total_replies", "counter", "", true },
        { "cloudflared_virtual_origins_dns_requests_total", "counter", "protocol", false },
        { "flow_client_registrations_rate_limited_total", "counter", "flow_type", false },
        { "cloudflared_proxy_connect_latency", "histogram", "", true },
        { "cloudflared_proxy_connect_streams_errors", "counter", "", true },
        { "cloudflared_orchestration_config_version", "gauge", "", true },
        { "cloudflared_config_local_config_pushes", "counter", "", true },
        { "cloudflared_config_local_config_pushes_errors", "counter", "", true },
        { "cloudflared_rpc_client_operations", "counter", "handler,method", false },
        { "cloudflared_rpc_client_failures", "counter", "handler,method", false },
        { "cloudflared_rpc_client_latency_secs", "histogram", "handler,method", false },
        { "cloudflared_rpc_server_operations", "counter", "handler,method", false },
        { "cloudflared_rpc_server_failures", "counter", "handler,method", false },
        { "cloudflared_rpc_server_latency_secs", "histogram", "handler,method", false },
        { "quic_client_total_connections", "counter", "", false },
        { "quic_client_closed_connections", "counter", "", false },
        { "quic_client_sent_bytes", "counter", "conn_index", false },
        { "quic_client_receive_bytes", "counter", "conn_index", false },
        { "quic_client_min_rtt", "gauge", "conn_index", false },
        { "quic_client_latest_rtt", "gauge", "conn_index", false },
        { "quic_client_smoothed_rtt", "gauge", "conn_index", false },
        { "quic_client_mtu", "gauge", "conn_index", false },
        { "quic_client_max_udp_payload", "gauge", "conn_index", false },
        { "quic_client_congestion_window", "gauge", "conn_index", false },
        { "quic_client_congestion_state", "gauge", "conn_index", false },
        { "quic_client_packet_too_big_dropped", "counter", "", true },
        { "promhttp_metric_handler_requests_total", "counter", "code", true },
        { "promhttp_metric_handler_requests_in_flight", "gauge", "", true },
        { "process_cpu_seconds_total", "counter", "", true },
        { "process_start_time_seconds", "gauge", "", true },
        { "process_open_handles", "gauge", "", true },
        { "dotnet_collection_count_total", "counter", "generation", true },
        { "culvert_udp_send_calls_total", "counter", "", true },
        { "culvert_udp_sent_datagrams_total", "counter", "", true },
        { "culvert_udp_receive_calls_total", "counter", "", true },
        { "culvert_udp_received_datagrams_total", "counter", "", true },
        { "culvert_quic_datagrams_dropped_total", "counter", "conn_index,direction", false },
        { "culvert_runtime_pool_threads", "gauge", "", true },
        { "culvert_runtime_pool_pending", "gauge", "", true },
        { "culvert_runtime_gc_pause_seconds_total", "counter", "", true },
        { "culvert_runtime_allocated_bytes_total", "counter", "", true },
        { "culvert_runtime_heap_committed_bytes", "gauge", "", true },
        { "culvert_runtime_lock_contentions_total", "counter", "", true },
        { "culvert_request_slots_taken", "gauge", "", true },
        { "culvert_request_slots", "gauge", "", true },
        { "culvert_replaced_configurations", "gauge", "", true },
        { "culvert_log_dropped_total", "counter", "", true },
    };

    [Theory, MemberData(nameof(Table))]
    public async Task C24_MetricHasItsNameTypeLabelsAndVisibility(string name, string type, string labels, bool atStart)
    {
        var (start, used) = await Texts.Value;

        Assert.Contains($"# TYPE {name} {type}", used.Split('\n'));
        Assert.Equal(atStart, Samples(start, name, type).Count > 0);
        var samples = Samples(used, name, type);
        Assert.NotEmpty(samples);
        Assert.All(samples, sample => Assert.Equal(labels.Split(',').Order(), sample.Order()));
    }

    [Fact]
    public async Task C24_NothingElseIsPrintedUnderTheOriginalsNames()
    {
        var (_, used) = await Texts.Value;
        var known = Table.Select(row => (string)row[0]).ToHashSet();
        var printed = used.Split('\n').Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal))
            .Select(line => line.Split(' ')[2]);

        Assert.DoesNotContain(printed, name => !known.Contains(name) && !name.StartsWith("process_", StringComparison.Ordinal)
            && !name.StartsWith("dotnet_", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("cloudflared_proxy_connect_latency", "1,10,25,50,100,500,1000,5000,+Inf")]
    [InlineData("cloudflared_rpc_client_latency_secs", "0.05,0.15,0.45,1.35,4.05,+Inf")]
    [InlineData("cloudflared_rpc_server_latency_secs", "0.05,0.15,0.45,1.35,4.05,+Inf")]
    public async Task C24_HistogramHasItsBuckets(string name, string buckets)
    {
        var (_, used) = await Texts.Value;
        var bounds = used.Split('\n').Where(line => line.StartsWith(name + "_bucket{", StringComparison.Ordinal))
            .Select(line => Bound().Match(line).Groups[1].Value).Distinct();

        Assert.Equal(buckets.Split(','), bounds);
    }

    [Theory]
    [InlineData("""build_info{goversion="dotnet10""")]
    [InlineData("""cloudflared_tunnel_tunnel_register_success{rpcName="registerConnection"} 1""")]
    [InlineData("""cloudflared_tunnel_tunnel_register_fail{error="dup_edge_conn",rpcName="registerConnection"} 1""")]
    [InlineData("""cloudflared_tunnel_tunnel_register_fail{error="server_error",rpcName="registerConnection"} 1""")]
    [InlineData("""cloudflared_tunnel_user_hostnames_counts{userHostname="https://name.example"} 1""")]
    [InlineData("""cloudflared_tunnel_server_locations{connection_id="0",edge_location="fra01"} 1""")]
    [InlineData("""cloudflared_rpc_client_operations{handler="registration",method="register_connection"} 1""")]
    [InlineData("""cloudflared_rpc_server_operations{handler="config",method="update_configuration"} 2""")]
    [InlineData("""flow_client_registrations_rate_limited_total{flow_type="udp"} 1""")]
    [InlineData("""quic_client_total_connections 2""")]
    [InlineData("""quic_client_closed_connections 1""")]
    [InlineData("""quic_client_sent_bytes{conn_index="3"} 1500""")]
    [InlineData("""quic_client_receive_bytes{conn_index="3"} 300""")]
    [InlineData("""quic_client_smoothed_rtt{conn_index="3"} 12""")]
    [InlineData("""quic_client_mtu{conn_index="3"} 1452""")]
    [InlineData("""quic_client_max_udp_payload{conn_index="3"} 1500""")]
    [InlineData("""quic_client_congestion_window{conn_index="3"} 20000""")]
    [InlineData("""quic_client_congestion_state{conn_index="3"} 1""")]
    [InlineData("""culvert_quic_datagrams_dropped_total{conn_index="3",direction="send"} 10""")]
    [InlineData("""culvert_log_dropped_total 7""")]
    [InlineData("""culvert_request_slots 5""")]
    [InlineData("""promhttp_metric_handler_requests_total{code="200"} 2""")]
    [InlineData("""promhttp_metric_handler_requests_in_flight 1""")]
    public async Task C24_ValueIsWhatWasCounted(string sample) => Assert.Contains(
        (await Texts.Value).Used.Split('\n'), line => line.StartsWith(sample, StringComparison.Ordinal));

    // The labels of each sample of a metric.
    private static List<string[]> Samples(string text, string name, string type)
    {
        var suffix = type == "histogram" ? "_count" : "";
        return [.. text.Split('\n').Select(line => Sample().Match(line)).Where(match => match.Groups[1].Value == name + suffix)
            .Select(match => match.Groups[2].Success
                ? Label().Matches(match.Groups[2].Value).Select(label => label.Groups[1].Value).ToArray() : [""])];
    }

    private static async Task<(string Start, string Used)> PrintAsync()
    {
        var metrics = new ConnectorMetrics("test");
        var flows = new FlowLimiter { Limit = 1 };
        metrics.Proxy.Watch(flows);
        metrics.WatchLog(() => 7);
        EngineMetrics.AddRequests(metrics.Registry, new Transports.Connections.StreamSlots(5), () => 0);
        var start = Encoding.UTF8.GetString(await metrics.WriteAsync(default));
        await UseAsync(metrics, flows);
        return (start, Encoding.UTF8.GetString(await metrics.WriteAsync(default)));
    }

    private static async Task UseAsync(ConnectorMetrics metrics, FlowLimiter flows)
    {
        metrics.Registered(0, "fra01");
        metrics.RegistrationFailed(isDuplicate: true);
        metrics.RegistrationFailed(isDuplicate: false);
        metrics.UserHostname("name.example");
        metrics.Proxy.RequestBegan(StreamKind.Http);
        metrics.Proxy.ResponseCompleted(200);
        metrics.Proxy.RequestEnded(StreamKind.Http);
        Assert.True(flows.TryAcquire(FlowKind.Tcp));
        Assert.False(flows.TryAcquire(FlowKind.Tcp));
        Assert.False(flows.TryAcquire(FlowKind.Udp));
        await metrics.Rpc.RegistrationAsync("register_connection", () => Task.FromResult(1));
        await Assert.ThrowsAsync<IOException>(
            () => metrics.Rpc.RegistrationAsync<int>("unregister_connection", () => throw new IOException()));
        await metrics.Rpc.UpdateConfigurationAsync(() => Task.FromResult(1));
        await Assert.ThrowsAsync<IOException>(() => metrics.Rpc.UpdateConfigurationAsync<int>(() => throw new IOException()));
        await UseDatagramsAsync(metrics);
        UseQuic(metrics.Quic);
    }

    private static async Task UseDatagramsAsync(ConnectorMetrics metrics)
    {
        var dns = new VirtualDns();
        metrics.Datagrams.Watch(dns);
        await using var plane = new DatagramPlane(
            DatagramPlaneTests.Options, new FlowLimiter(), dns, TimeProvider.System, NullLogger.Instance, metrics);
        var sessions = plane.Start(new DatagramPlaneTests.ConnectionWithDatagrams())!;
        await sessions.RegisterUdpSessionAsync(
            new UdpSessionRequest(Guid.NewGuid(), IPAddress.Loopback, 53, TimeSpan.Zero, ""), default);
        await Assert.ThrowsAsync<RpcException>(async () => await sessions.UnregisterUdpSessionAsync(Guid.NewGuid(), "", default));

        // What was counted stays when the plane is gone.
        await metrics.WriteAsync(default);
    }

    // Two connections of one index, one after the other.
    private static void UseQuic(QuicMetrics metrics)
    {
        metrics.Dialled();
        using (metrics.Watch(3, new Source(1000, 1)))
        {
        }

        metrics.Ended();
        metrics.Dialled();
        metrics.Watch(3, new Source(500, 9));
    }

    [GeneratedRegex("""^([a-z_0-9]+)(?:\{(.*)\})? """)]
    private static partial Regex Sample();

    [GeneratedRegex("""([A-Za-z_]+)="[^"]*"(?:,|$)""")]
    private static partial Regex Label();

    [GeneratedRegex("le=\"([^\"]+)\"")]
    private static partial Regex Bound();

    private sealed class Source(long sent, long dropped) : IQuicStatisticsSource
    {
        public QuicStatistics? Statistics { get; } = new QuicStatistics
        {
            BytesSent = sent,
            BytesReceived = sent / 5,
            SmoothedRtt = TimeSpan.FromMilliseconds(12.9),
            PathMtu = 1452,
            PeerMaxUdpPayload = 1500,
            CongestionWindow = 20_000,
            SlowStartThreshold = 10_000,
            DatagramsDroppedSending = dropped,
        };
    }
}
