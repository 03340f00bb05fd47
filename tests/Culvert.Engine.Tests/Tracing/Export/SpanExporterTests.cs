using System.Diagnostics;
using Culvert.Engine.Proxying;
using Culvert.Engine.Routing;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Engine.Tracing.Export;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Tests.Fixtures;
using Culvert.Transports.Headers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Engine.Tests.Tracing.Export;

public sealed class SpanExporterTests : IDisposable
{
    private const string Trace = "0123456789abcdef0123456789abcdef";
    private const string Parent = "00f067aa0ba902b7";

    private readonly Collector _collector = new();
    private readonly RawOrigin _origin = new();

    [Fact]
    public async Task Request_is_a_span_under_the_visitors()
    {
        await using var exporter = Exporter();
        await using var proxy = await StartAsync(exporter, new OriginService.Http(_origin.Address));
        using var stream = new FakeEdgeStream("POST", "demo.example", "/a/b?token=secret");
        stream.Request.Headers.Add("traceparent", $"00-{Trace}-{Parent}-01");
        stream.Request.Headers.Add("Cf-Ray", "ray-LCL");
        var serving = proxy.ServeAsync(stream).AsTask();
        string head;
        using (var connection = await _origin.AcceptAsync())
        {
            head = string.Join('\n', await connection.ReadHeadAsync());
            await connection.WriteAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
            await serving.InTime();
        }

        var span = await OneAsync();
        Assert.Equal((Trace, Parent, "POST", 2UL, 0UL), (span.TraceId, span.Parent, span.Name, span.Kind, span.Status));
        Assert.Equal(
            ("POST", "/a/b", "demo.example", "404", "ray-LCL", "0"),
            (span.Attributes["http.request.method"], span.Attributes["url.path"], span.Attributes["server.address"],
                span.Attributes["http.response.status_code"], span.Attributes["cf.ray"],
                span.Attributes["cloudflared.ingress_rule"]));
        Assert.True(span.End >= span.Begin && span.Begin > 1_700_000_000_000_000_000);
        var answered = Assert.Single(span.Events);
        Assert.Equal("origin answered", answered.Name);
        Assert.InRange(answered.Time, span.Begin, span.End);
        Assert.Equal(("cloudflared", "2026.8.2"), (span.Resource["service.name"], span.Resource["service.version"]));
        Assert.Contains($"traceparent: 00-{Trace}-{span.Id}-01", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(Parent, head, StringComparison.Ordinal);
        Assert.Equal(("/v1/traces", "application/x-protobuf", "k"), _collector.Posts[0]);
        await Deadline.UntilAsync(() => exporter.Exported == 1, "it is counted");
        Assert.Null(Activity.Current);
    }

    [Fact]
    public async Task Trace_of_the_edge_is_the_parent_where_the_visitor_has_none()
    {
        await using var exporter = Exporter();
        await using var proxy = await StartAsync(exporter, new OriginService.Status(200));
        using var stream = new FakeEdgeStream();
        stream.Request.SetTraceContext("0123456789abcdef0123456789abcdef:00f067aa0ba902b7:0:1"u8);
        await proxy.ServeAsync(stream);

        var span = await OneAsync();
        Assert.Equal((Trace, Parent), (span.TraceId, span.Parent));
    }

    [Fact]
    public async Task Failure_is_an_error_and_a_stream_without_a_parent_begins_a_trace()
    {
        await using var exporter = Exporter();
        var address = _origin.Address;
        _origin.Dispose();
        await using var proxy = await StartAsync(exporter, new OriginService.Http(address));
        using var stream = new FakeEdgeStream();
        await proxy.ServeAsync(stream);

        var span = await OneAsync();
        Assert.Equal((null, 2UL), (span.Parent, span.Status));
        Assert.Equal(ResponseSource.Connector, stream.Rejection!.Value.Source);
    }

    [Fact]
    public async Task Trace_that_is_not_recorded_passes_as_it_is()
    {
        var exporter = Exporter();
        await using var proxy = await StartAsync(exporter, new OriginService.Http(_origin.Address));
        using var stream = new FakeEdgeStream();
        stream.Request.Headers.Add("traceparent", $"00-{Trace}-{Parent}-00");
        var serving = proxy.ServeAsync(stream).AsTask();
        using (var connection = await _origin.AcceptAsync())
        {
            Assert.Contains(
                $"traceparent: 00-{Trace}-{Parent}-00", string.Join('\n', await connection.ReadHeadAsync()),
                StringComparison.OrdinalIgnoreCase);
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            await serving.InTime();
        }

        await exporter.DisposeAsync();
        Assert.Empty(_collector.Posts);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    public async Task Ratio_decides_where_a_trace_begins(double ratio, int spans)
    {
        var exporter = Exporter(options => options with { Ratio = ratio });
        await using var proxy = await StartAsync(exporter, new OriginService.Status(200));
        using var stream = new FakeEdgeStream();
        await proxy.ServeAsync(stream);
        await exporter.DisposeAsync();

        Assert.Equal(spans, _collector.Spans.Count);
    }

    [Fact]
    public async Task Collector_that_hangs_costs_spans_and_no_request()
    {
        var held = new TaskCompletionSource();
        _collector.Held = held.Task;
        await using var exporter = Exporter(options => options with { QueueLength = 4, BatchLength = 2 });
        await using var proxy = await StartAsync(exporter, new OriginService.Status(200));
        for (var i = 0; i < 50; i++)
        {
            using var stream = new FakeEdgeStream();
            var serving = proxy.ServeAsync(stream);
            Assert.True(serving.IsCompletedSuccessfully);
            await serving;
        }

        Assert.InRange(exporter.Dropped, 40, 46);
        held.SetResult();
        await Deadline.UntilAsync(() => exporter.Exported + exporter.Dropped == 50, "every span is accounted for");
        Assert.Equal(exporter.Exported, _collector.Spans.Count);
    }

    [Fact]
    public async Task Collector_that_is_busy_is_asked_again_and_one_that_refuses_is_not()
    {
        _collector.Status = answer => answer == 1 ? 503 : answer == 2 ? 200 : 400;
        await using var exporter = Exporter();
        await using var proxy = await StartAsync(exporter, new OriginService.Status(200));
        using var first = new FakeEdgeStream();
        await proxy.ServeAsync(first);
        await Deadline.UntilAsync(() => exporter.Exported == 1, "the second try succeeds");
        using var second = new FakeEdgeStream();
        await proxy.ServeAsync(second);
        await Deadline.UntilAsync(() => exporter.Dropped == 1, "the refusal is final");

        Assert.Equal(3, _collector.Posts.Count);
    }

    [Fact]
    public async Task Batch_leaves_when_it_is_full_and_otherwise_when_its_time_is_up()
    {
        var time = new FakeTime();
        await using var exporter = Exporter(options => options with { BatchLength = 3, Delay = TimeSpan.FromMinutes(10) }, time);
        await using var proxy = await StartAsync(exporter, new OriginService.Status(200));
        await RequestAsync(proxy);
        await time.WaitBegunAsync(TimeSpan.FromMinutes(10));
        await RequestAsync(proxy);
        await RequestAsync(proxy);
        await Deadline.UntilAsync(() => exporter.Exported == 3, "a full batch is sent, though the clock stands");

        await RequestAsync(proxy);
        await time.WaitBegunAsync(TimeSpan.FromMinutes(10));
        Assert.Equal(TimeSpan.FromMinutes(10), time.UntilNext);
        time.Advance(TimeSpan.FromMinutes(10));
        await Deadline.UntilAsync(() => exporter.Exported == 4, "one that is not full is sent when its time is up");
        Assert.Equal(2, _collector.Posts.Count);
    }

    [Fact]
    public async Task What_waits_is_sent_at_the_end()
    {
        var exporter = Exporter(options => options with { Delay = TimeSpan.FromMinutes(10) });
        await using var proxy = await StartAsync(exporter, new OriginService.Status(200));
        using var stream = new FakeEdgeStream();
        await proxy.ServeAsync(stream);
        await exporter.DisposeAsync();

        Assert.Single(_collector.Spans);
    }

    public void Dispose()
    {
        _collector.Dispose();
        _origin.Dispose();
    }

    private async Task<ReceivedSpan> OneAsync()
    {
        await Deadline.UntilAsync(() => _collector.Spans.Count > 0, "a span arrives");
        return Assert.Single(_collector.Spans);
    }

    private static async Task RequestAsync(Proxy proxy)
    {
        using var stream = new FakeEdgeStream();
        await proxy.ServeAsync(stream);
    }

    private SpanExporter Exporter(Func<OtlpOptions, OtlpOptions>? configure = null, TimeProvider? time = null)
    {
        var options = OtlpOptions.Read(_collector.Address, name => name switch
        {
            "OTEL_EXPORTER_OTLP_HEADERS" => "x-key=k",
            "OTEL_BSP_SCHEDULE_DELAY" => "1",
            _ => null,
        })!;
        return new SpanExporter(configure?.Invoke(options) ?? options, "2026.8.2", NullLogger.Instance, time);
    }

    private static async Task<Proxy> StartAsync(SpanExporter exporter, OriginService service) => new(
        await OriginTable.StartAsync(IngressSnapshot.CatchAll(service), new(), NullLogger.Instance, CancellationToken.None),
        NullLogger.Instance, new ProxySettings { Spans = exporter.Spans });
}
