using System.Net;
using System.Text;
using Culvert.CapnProto.Rpc;
using Culvert.Connector.Datagrams;
using Culvert.Connector.Metrics;
using Culvert.Connector.Tests.Datagrams;
using Culvert.Engine.Flows;
using Culvert.Transports.Sessions;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Connector.Tests.Metrics;

public sealed class DatagramMetricsTests
{
    [Fact]
    public async Task C55_EveryMetricIsThere_UnderItsNameAndLabels()
    {
        var metrics = new ConnectorMetrics("test");
        metrics.Datagrams.Watch(new VirtualDns());
        await using var plane = new DatagramPlane(
            DatagramPlaneTests.Options, new FlowLimiter(), new VirtualDns(), TimeProvider.System, NullLogger.Instance, metrics);
        var sessions = plane.Start(new DatagramPlaneTests.ConnectionWithDatagrams())!;
        await sessions.RegisterUdpSessionAsync(
            new UdpSessionRequest(Guid.NewGuid(), IPAddress.Loopback, 53, TimeSpan.Zero, ""), default);
        await Assert.ThrowsAsync<RpcException>(async () => await sessions.UnregisterUdpSessionAsync(Guid.NewGuid(), "", default));
        using var text = new MemoryStream();
        await metrics.Registry.CollectAndExportAsTextAsync(text);
        var lines = Encoding.UTF8.GetString(text.ToArray()).Split('\n');
        foreach (var line in new[]
        {
            """cloudflared_udp_active_flows{conn_index="2"} 0""",
            """cloudflared_udp_total_flows{conn_index="2"} 0""",
            """cloudflared_udp_failed_flows{conn_index="2"} 0""",
            """cloudflared_udp_retry_flow_responses{conn_index="2"} 0""",
            """cloudflared_udp_migrated_flows{conn_index="2"} 0""",
            """cloudflared_udp_unsupported_remote_command_total{conn_index="2",command="register_udp_session"} 1""",
            """cloudflared_udp_unsupported_remote_command_total{conn_index="2",command="unregister_udp_session"} 1""",
            """cloudflared_rpc_server_operations{handler="session",method="register_udp_session"} 1""",
            """cloudflared_rpc_server_operations{handler="session",method="unregister_udp_session"} 1""",
            """cloudflared_rpc_server_failures{handler="session",method="unregister_udp_session"} 1""",
            """cloudflared_rpc_server_latency_secs_count{handler="session",method="register_udp_session"} 1""",
            """cloudflared_udp_dropped_datagrams{conn_index="2",reason="write_flow_unknown"} 0""",
            """cloudflared_udp_dropped_datagrams{conn_index="2",reason="write_full"} 0""",
            """cloudflared_udp_dropped_datagrams{conn_index="2",reason="write_deadline_exceeded"} 0""",
            """cloudflared_udp_dropped_datagrams{conn_index="2",reason="write_failed"} 0""",
            """cloudflared_udp_dropped_datagrams{conn_index="2",reason="read_too_large"} 0""",
            """cloudflared_icmp_dropped_packets{conn_index="2",reason="write_full"} 0""",
            """cloudflared_icmp_dropped_packets{conn_index="2",reason="write_failed"} 0""",
            "cloudflared_icmp_total_requests 0",
            "cloudflared_icmp_total_replies 0",
            "cloudflared_udp_active_sessions 0",
            "cloudflared_udp_total_sessions 0",
            "cloudflared_tcp_active_sessions 0",
            "cloudflared_tcp_total_sessions 0",
            """cloudflared_virtual_origins_dns_requests_total{protocol="udp"} 0""",
            """cloudflared_virtual_origins_dns_requests_total{protocol="tcp"} 0""",
            "quic_client_packet_too_big_dropped 0",
        })
        {
            Assert.Contains(line, lines);
        }
    }
}
