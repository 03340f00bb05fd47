using System.Text;

namespace Culvert.EndToEnd.Tests.Conformance;

/// <summary>What operators and edges see of a request (http2-and-proxy, section 13.1, C-39 to C-41).</summary>
public sealed class ObservationConformanceTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const string Trace = "0123456789abcdef0123456789abcdef:0123456789abcdef:0:";

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C39_Sampled_trace_returns_its_spans(string transport)
    {
        await using var origin = RawOrigin.Answering(
            "HTTP/1.1 200 OK\r\nCf-Int-Cloudflared-Tracing: forged\r\nContent-Length: 0\r\n\r\n");
        await using var edge = await ScriptedEdge.StartAsync(transport, origin.Address);

        var spans = await SpansAsync(edge, Trace + "1");

        Assert.Equal(2, CountOf(spans, "https://opentelemetry.io/schemas/1.7.0"));
        Assert.Equal(2, CountOf(spans, "service.name"));
        Assert.Equal((1, 1), (CountOf(spans, "ingress_match"), CountOf(spans, "ttfb_origin")));
        Assert.Equal((1, 1, 1), (CountOf(spans, "req-host"), CountOf(spans, "rule-num"), CountOf(spans, "upstreamStatusCode")));
    }

    [Theory]
    [InlineData("http2", Trace + "0")]
    [InlineData("http2", "junk")]
    [InlineData("http2", "")]
    [InlineData("quic", Trace + "0")]
    [InlineData("quic", "junk")]
    public async Task C39_No_span_returns_without_a_sampled_trace(string transport, string trace)
    {
        if (transport == "quic" && !Transports.Quic.QuicRuntime.IsSupported(out _))
        {
            return;
        }

        await using var origin = RawOrigin.Answering(Ok);
        await using var edge = await ScriptedEdge.StartAsync(transport, origin.Address);

        Assert.Empty((await edge.AskAsync(trace: trace)).Values("Cf-Int-Cloudflared-Tracing"));
    }

    [Fact]
    public async Task C39_Spans_travel_outside_the_serialized_headers()
    {
        await using var origin = RawOrigin.Answering(Ok);
        await using var edge = await FrameEdge.StartAsync(origin.Address);
        var answer = await edge.AskAsync("GET /", ("cf-trace-id", "junk"), ("cf-trace-id", Trace + "1"));

        Assert.NotNull(answer.Field("cf-int-cloudflared-tracing"));
        Assert.Equal(["Content-Length: 2"], answer.Serialized!);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C40_Requests_are_counted_under_the_names_of_the_original(string transport)
    {
        await using var origin = RawOrigin.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.WriteAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
            await peer.ReadHeadAsync();
        });
        await using var edge = await ScriptedEdge.StartAsync(transport, origin.Address);
        await edge.AskAsync();
        await edge.AskAsync("POST /", "Content-Length: 0\n");
        var metrics = await MetricsAsync(edge);

        Assert.Superset(
            new HashSet<string>
            {
                "# TYPE cloudflared_tunnel_total_requests counter", "cloudflared_tunnel_total_requests 2",
                "# TYPE cloudflared_tunnel_concurrent_requests_per_tunnel gauge",
                "cloudflared_tunnel_concurrent_requests_per_tunnel 0",
                "# TYPE cloudflared_tunnel_response_by_code counter",
                "cloudflared_tunnel_response_by_code{status_code=\"404\"} 1",
                "# TYPE cloudflared_tunnel_request_errors counter", "cloudflared_tunnel_request_errors 1",
                "# TYPE cloudflared_tcp_active_sessions gauge", "cloudflared_tcp_active_sessions 0",
                "# TYPE cloudflared_tcp_total_sessions counter", "cloudflared_tcp_total_sessions 0",
                "# TYPE cloudflared_proxy_connect_latency histogram",
                "cloudflared_proxy_connect_latency_bucket{le=\"1\"} 0", "cloudflared_proxy_connect_latency_bucket{le=\"10\"} 0",
                "cloudflared_proxy_connect_latency_bucket{le=\"25\"} 0", "cloudflared_proxy_connect_latency_bucket{le=\"50\"} 0",
                "cloudflared_proxy_connect_latency_bucket{le=\"100\"} 0",
                "cloudflared_proxy_connect_latency_bucket{le=\"500\"} 0",
                "cloudflared_proxy_connect_latency_bucket{le=\"1000\"} 0",
                "cloudflared_proxy_connect_latency_bucket{le=\"5000\"} 0",
                "cloudflared_proxy_connect_latency_bucket{le=\"+Inf\"} 0",
                "# TYPE cloudflared_proxy_connect_streams_errors counter", "cloudflared_proxy_connect_streams_errors 0",
            },
            metrics);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C40_Connections_are_counted_under_the_names_of_the_original(string transport)
    {
        await using var edge = await ScriptedEdge.StartAsync(
            transport, RawOrigin.NobodysAddress, o => o with { QuickHostname = "name.example" });
        await Deadline.UntilAsync(() => edge.Configurations.Count > 0, "local configuration");
        await edge.Connector.Log.WaitForAsync("Registered tunnel connection");
        const string Labels = "{handler=\"registration\",method=\"register_connection\"";
        var metrics = await MetricsAsync(edge);

        Assert.Superset(
            new HashSet<string>
            {
                "cloudflared_tunnel_server_locations{connection_id=\"0\",edge_location=\"test01\"} 1",
                "cloudflared_tunnel_tunnel_register_success{rpcName=\"registerConnection\"} 1",
                "cloudflared_tunnel_user_hostnames_counts{userHostname=\"https://name.example\"} 1",
                "cloudflared_config_local_config_pushes 1", "cloudflared_config_local_config_pushes_errors 0",
                "cloudflared_tunnel_ha_connections 1", "cloudflared_orchestration_config_version 0",
                $"cloudflared_rpc_client_operations{Labels}}} 1",
                "# TYPE cloudflared_rpc_client_latency_secs histogram",
                $"cloudflared_rpc_client_latency_secs_count{Labels}}} 1",
            },
            metrics);
        Assert.Equal(
            ["0.05", "0.15", "0.45", "1.35", "4.05", "+Inf"],
            metrics.Where(
                line => line.StartsWith($"cloudflared_rpc_client_latency_secs_bucket{Labels}", StringComparison.Ordinal))
                .Select(line => line.Split("le=\"")[1].Split('"')[0])
                .OrderBy(bound => bound.Length == 4 && bound[0] != '+' ? bound : "9"));
        Assert.Equal(1, edge.Connector.Connector.Connections.Ready);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C41_Request_and_response_are_logged_for_debugging(string transport)
    {
        await using var origin = RawOrigin.Answering(Ok);
        await using var edge = await ScriptedEdge.StartAsync(transport, origin.Address);
        await edge.AskAsync(
            "GET /pa%20th?token=hidden1",
            "Cf-Ray: 1234-ABC\nCookie: id=hidden2\nAuthorization: Bearer hidden3\nCf-Access-Jwt-Assertion: hidden4\n" +
            "X-Kept: seen\n" +
            "User-Agent: Mozilla/5.0 (compatible; Cloudflare-Traffic-Manager/1.0; " +
            "+https://www.cloudflare.com/traffic-manager/; x)\n");
        var request = await edge.Connector.Log.WaitForAsync("Debug: GET ");
        var response = await edge.Connector.Log.WaitForAsync("Debug: 200 OK");

        Assert.StartsWith(
            transport == "quic" ? "Debug: GET https://demo.example/pa%20th?[redacted] HTTP/1.1 "
                : "Debug: GET http://localhost:8080/pa%20th?[redacted] HTTP/2.0 ", request, StringComparison.Ordinal);
        string[] fields =
        [
            " cfRay=1234-ABC ", " connIndex=0 ", " event=1 ", " ingressRule=0 ", " lbProbe=True ",
            $" originService={origin.Address.GetLeftPart(UriPartial.Authority)} ", " host=demo.example ", " path=/pa th ",
            "\"X-Kept\":[\"seen\"]", " content-length=0",
        ];
        Assert.All(fields, field => Assert.Contains(field, request, StringComparison.Ordinal));
        Assert.Contains(" cfRay=1234-ABC ", response, StringComparison.Ordinal);
        Assert.EndsWith(" content-length=2", response, StringComparison.Ordinal);
        Assert.DoesNotContain(edge.Connector.Log.Lines, line => line.Contains("hidden", StringComparison.Ordinal));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C41_Failure_is_an_error_of_the_origin_and_one_of_the_connection(string transport)
    {
        await using var edge = await ScriptedEdge.StartAsync(transport, RawOrigin.NobodysAddress);
        await using var stream = await edge.OpenAsync(
            Transports.Streams.StreamKind.Http, "GET /x?token=hidden", "Cf-Ray: 1234-ABC\n");
        await stream.ReadHeadAsync(default).InTime();
        var first = await edge.Connector.Log.WaitForAsync("Error:  error=Unable to reach the origin service.");
        var second = await edge.Connector.Log.WaitForAsync(
            transport == "quic" ? "Error: Request failed error=Unable to reach"
                : "Error: failed to serve incoming request error=Failed to proxy HTTP: Unable to reach");

        Assert.Contains(
            " cfRay=1234-ABC connIndex=0 event=1 ingressRule=0 originService=http://127.0.0.1:", first, StringComparison.Ordinal);
        Assert.Equal(transport == "quic", second.EndsWith(
            " connIndex=0 dest=https://demo.example/x?[redacted] event=0 ip=127.0.0.1 type=http", StringComparison.Ordinal));
    }

    private static async Task<string> SpansAsync(ScriptedEdge edge, string trace)
    {
        if (edge.Connection.Protocol == "quic")
        {
            return Decode(Assert.Single((await edge.AskAsync(trace: trace)).Values("Cf-Int-Cloudflared-Tracing")));
        }

        // An edge leaves this header of HTTP/2 to its own telemetry, so the frames are read instead.
        await using var origin = RawOrigin.Answering(
            "HTTP/1.1 200 OK\r\nCf-Int-Cloudflared-Tracing: forged\r\nContent-Length: 0\r\n\r\n");
        await using var frames = await FrameEdge.StartAsync(origin.Address);
        return Decode((await frames.AskAsync("GET /", ("cf-trace-id", trace))).Field("cf-int-cloudflared-tracing")!);
    }

    private static string Decode(string base64) => Encoding.Latin1.GetString(Convert.FromBase64String(base64));

    private static int CountOf(string text, string part) => text.Split(part).Length - 1;

    private static async Task<HashSet<string>> MetricsAsync(ScriptedEdge edge)
    {
        using var text = new MemoryStream();
        await edge.Connector.Connector.Metrics.Registry.CollectAndExportAsTextAsync(text);
        return [.. Encoding.UTF8.GetString(text.ToArray()).Split('\n')];
    }
}
