using System.Net;
using Culvert.Engine.Tests.Tracing.Export;
using Culvert.Engine.Tracing.Export;

namespace Culvert.EndToEnd.Tests.Operations;

/// <summary>What a collector learns of a request on its way from the visitor to the origin.</summary>
public sealed class TracesTests : IDisposable
{
    private const string Trace = "0123456789abcdef0123456789abcdef";
    private const string Parent = "00f067aa0ba902b7";
    private const string Body = "\r\nContent-Length: 4\r\n\r\nnone";

    private readonly Collector _collector = new();

    public void Dispose() => _collector.Dispose();

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Spans_of_edge_and_connector_are_one_trace_with_the_visitors_and_the_origins(string transport)
    {
        var head = "";
        await using var origin = RawOrigin.Start(async peer =>
        {
            head = await peer.ReadHeadAsync();
            await peer.WriteAsync("HTTP/1.1 404 Not Found" + Body);
        });
        await using var tunnel = await Tunnel.StartAsync(
            transport, origin.Address, edge => edge with { Traces = Options("edge") },
            connector => connector with { Traces = Options("connector") });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/a/b?secret=1")
        {
            Content = new ByteArrayContent(new byte[10]),
        };
        request.Headers.Add("traceparent", $"00-{Trace}-{Parent}-01");
        using (var answer = await tunnel.Visitor.SendAsync(request))
        {
            Assert.Equal("none", await answer.Content.ReadAsStringAsync());
        }

        var (edge, connector) = (await SpanAsync("edge"), await SpanAsync("connector"));
        Assert.Equal((Trace, Parent, "POST", 2UL, 0UL), (edge.TraceId, edge.Parent, edge.Name, edge.Kind, edge.Status));
        Assert.Equal((Trace, edge.Id), (connector.TraceId, connector.Parent));
        Assert.Contains($"traceparent: 00-{Trace}-{connector.Id}-01\r\n", head, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(connector.Attributes["cf.ray"], edge.Attributes["cf.ray"]);
        Assert.Equal(
            ("POST", "/a/b", tunnel.Hostname, "404"),
            (edge.Attributes["http.request.method"], edge.Attributes["url.path"], edge.Attributes["server.address"],
                edge.Attributes["http.response.status_code"]));
        Assert.Equal(("10", "4"), (edge.Attributes["http.request.body.size"], edge.Attributes["http.response.body.size"]));
        Assert.Equal(
            (tunnel.Credentials.TunnelId.ToString(), Assert.Single(tunnel.Connections).Id.ToString()),
            (edge.Attributes["culvert.tunnel_id"], edge.Attributes["culvert.connection_id"]));
    }

    [Fact]
    public async Task Request_that_no_tunnel_serves_is_a_span_that_says_why_and_is_counted()
    {
        await using var edge = await TestEdge.StartAsync(options => options with
        {
            Traces = Options("edge"),
            MetricsAddress = new([new IPEndPoint(IPAddress.Loopback, 0)]),
        });
        using (var visitor = edge.CreateVisitor("nobody.example"))
        {
            using var answer = await visitor.GetAsync("/");
            Assert.Equal(530, (int)answer.StatusCode);
        }

        var span = await SpanAsync("edge");
        Assert.Equal((null, "GET", 2UL), (span.Parent, span.Name, span.Status));
        Assert.Equal(("unknown-hostname", "530"), (span.Attributes["error.type"], span.Attributes["http.response.status_code"]));
        Assert.False(span.Attributes.ContainsKey("culvert.tunnel_id"));
        // The collector has the span before the exporter knows.
        var counted = await edge.CountedAsync("culvert_edge_trace_spans_exported_total 1");
        Assert.Contains("culvert_edge_trace_spans_dropped_total 0", counted);
    }

    [Theory]
    [InlineData(true, "00")]
    [InlineData(false, "01")]
    public async Task Trace_that_is_not_recorded_passes_to_the_origin_as_it_is(bool isOn, string flags)
    {
        var head = "";
        await using var origin = RawOrigin.Start(async peer =>
        {
            head = await peer.ReadHeadAsync();
            await peer.WriteAsync("HTTP/1.1 200 OK" + Body);
        });
        await using (var tunnel = await Tunnel.StartAsync(
            "http2", origin.Address, edge => isOn ? edge with { Traces = Options("edge") } : edge))
        {
            await using var visitor = await tunnel.SendAsync("GET /", $"traceparent: 00-{Trace}-{Parent}-{flags}\n");
            await visitor.ReadHeadAsync();
        }

        Assert.Contains($"traceparent: 00-{Trace}-{Parent}-{flags}\r\n", head, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(_collector.Spans);
    }

    private async Task<ReceivedSpan> SpanAsync(string service)
    {
        ReceivedSpan? span = null;
        await Deadline.UntilAsync(
            () => (span = _collector.Spans.SingleOrDefault(span => span.Resource["service.name"] == service)) is not null,
            $"a span of the {service} arrives");
        return span!;
    }

    private OtlpOptions Options(string service) =>
        OtlpOptions.Read(_collector.Address, name => name == "OTEL_BSP_SCHEDULE_DELAY" ? "1" : null, service)!;
}
