using System.Text;
using Culvert.Engine.Flows;
using Culvert.Engine.Metrics;
using Culvert.Engine.Proxying;
using Culvert.Engine.Routing;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Engine.Tests.Proxying;

public sealed class ProxyTests : IDisposable
{
    private const string Unreachable =
        "Unable to reach the origin service. The service may be down or it may not be responding to traffic from cloudflared: ";

    private readonly RawOrigin _server = new();

    [Fact]
    public async Task Request_is_answered_by_its_origin()
    {
        await using var proxy = await StartAsync(new OriginService.Status(404));
        using var stream = new FakeEdgeStream();
        await proxy.ServeAsync(stream);

        Assert.Equal(["404"], stream.Head!);
        Assert.Null(stream.Rejection);
        Assert.False(stream.WasAborted);
    }

    [Fact]
    public async Task Origin_that_is_down_is_a_rejection_with_the_text_of_the_original()
    {
        var address = _server.Address;
        _server.Dispose();
        await using var proxy = await StartAsync(new OriginService.Http(address));
        using var stream = new FakeEdgeStream();
        await proxy.ServeAsync(stream);

        Assert.Equal(ResponseSource.Connector, stream.Rejection!.Value.Source);
        Assert.StartsWith(Unreachable, stream.Rejection.Value.Reason);
        Assert.Contains("refused", stream.Rejection.Value.Reason, StringComparison.OrdinalIgnoreCase);
        Assert.False(stream.WasAborted);
    }

    [Fact]
    public async Task Failure_after_the_head_aborts_the_stream()
    {
        await using var proxy = await StartAsync(new OriginService.Http(_server.Address));
        using var stream = new FakeEdgeStream();
        var serving = proxy.ServeAsync(stream).AsTask();
        using (var connection = await _server.AcceptAsync())
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst");
            await stream.ReadAsync(5);
        }

        await serving;
        Assert.True(stream.WasAborted);
        Assert.Null(stream.Rejection);
    }

    [Fact]
    public async Task Edge_that_gave_up_gets_no_answer()
    {
        await using var proxy = await StartAsync(new OriginService.Http(_server.Address));
        using var stream = new FakeEdgeStream();
        var serving = proxy.ServeAsync(stream).AsTask();
        using var connection = await _server.AcceptAsync();
        await connection.ReadHeadAsync();
        stream.GiveUp();

        await serving;
        await connection.ClosedAsync();
        Assert.False(stream.HeadSent);
    }

    [Fact]
    public async Task Stop_rejects_requests_that_wait_for_their_origin()
    {
        await using var proxy = await StartAsync(new OriginService.Http(_server.Address));
        using var stream = new FakeEdgeStream();
        var serving = proxy.ServeAsync(stream).AsTask();
        using var connection = await _server.AcceptAsync();
        await connection.ReadHeadAsync();
        proxy.Stop();

        await serving;
        Assert.Equal((ResponseSource.Connector, "Incoming request ended abruptly: context canceled"), stream.Rejection);
    }

    [Fact]
    public async Task Private_network_stream_reaches_its_address_whatever_the_rules_say()
    {
        await using var proxy = await StartAsync(new OriginService.Status(404));
        using var stream = new FakeEdgeStream(authority: $"127.0.0.1:{_server.Address.Port}");
        stream.Request.Kind = StreamKind.Tcp;
        var serving = proxy.ServeAsync(stream);
        using (var connection = await _server.AcceptAsync())
        {
            await connection.WriteAsync("SSH-2.0");
            Assert.Equal("SSH-2.0", await stream.ReadAsync(7));
        }

        await serving;
        Assert.Equal(["101"], stream.Head!);
    }

    [Fact]
    public async Task C35_Private_network_stream_beyond_the_limit_of_flows_is_refused_until_a_place_is_free()
    {
        var flows = new FlowLimiter { Limit = 1 };
        Assert.True(flows.TryAcquire(FlowKind.Udp));
        await using var proxy = await StartAsync(new OriginService.Status(404), new ProxySettings { Flows = flows });
        using var refused = CreatePrivate();
        await proxy.ServeAsync(refused);

        Assert.Equal(
            (ResponseSource.FlowLimited, "failed to start tcp flow due to rate limiting: too many active flows"),
            refused.Rejection);

        flows.Release();
        using var served = CreatePrivate();
        var serving = proxy.ServeAsync(served);
        using (await _server.AcceptAsync())
        {
            await served.HeadCame;
            Assert.Equal(1, flows.Active);
        }

        await serving;
        Assert.Equal(0, flows.Active);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stream_to_an_origin_is_counted_as_connected_or_not(bool isPrivate)
    {
        var registry = Prometheus.Metrics.NewCustomRegistry();
        var settings = new ProxySettings { Metrics = new ProxyMetrics(registry) };
        var service = new OriginService.Tcp("tcp", "127.0.0.1", _server.Address.Port);
        var table = await OriginTable.StartAsync(IngressSnapshot.CatchAll(service), settings.Metrics, default);
        await using var proxy = new Proxy(table, NullLogger.Instance, settings);
        using var stream = Create();
        var serving = proxy.ServeAsync(stream);
        using (await _server.AcceptAsync())
        {
            await stream.HeadCame;
        }

        await serving;
        _server.Dispose();
        using var failing = Create();
        await proxy.ServeAsync(failing);

        using var text = new MemoryStream();
        await registry.CollectAndExportAsTextAsync(text);
        var lines = Encoding.UTF8.GetString(text.ToArray()).Split('\n');
        Assert.Contains("cloudflared_proxy_connect_latency_count 1", lines);
        Assert.Contains("cloudflared_proxy_connect_streams_errors 1", lines);

        FakeEdgeStream Create()
        {
            var created = CreatePrivate();
            created.Request.Kind = isPrivate ? StreamKind.Tcp : StreamKind.WebSocket;
            return created;
        }
    }

    [Fact]
    public async Task C39_Private_network_stream_returns_the_span_of_its_dial()
    {
        await using var proxy = await StartAsync(new OriginService.Status(404));
        using var stream = CreatePrivate();
        stream.Request.SetTraceContext("0123456789abcdef0123456789abcdef:0123456789abcdef:0:1"u8);
        var serving = proxy.ServeAsync(stream);
        using (await _server.AcceptAsync())
        {
            await stream.HeadCame;
        }

        await serving;
        var field = Assert.Single(
            stream.Head!, line => line.StartsWith("Cf-Int-Cloudflared-Tracing: ", StringComparison.Ordinal));
        var spans = Encoding.Latin1.GetString(
            Convert.FromBase64String(field[(field.IndexOf(' ', StringComparison.Ordinal) + 1)..]));
        Assert.Contains("stream-connect", spans, StringComparison.Ordinal);
        Assert.DoesNotContain("ingress_match", spans, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Private_network_stream_to_a_name_is_rejected()
    {
        await using var proxy = await StartAsync(new OriginService.Status(200));
        using var stream = new FakeEdgeStream(authority: "example.com:22");
        stream.Request.Kind = StreamKind.Tcp;
        await proxy.ServeAsync(stream);

        Assert.Equal(ResponseSource.Connector, stream.Rejection!.Value.Source);
        Assert.Contains("ParseAddr(\"example.com\")", stream.Rejection.Value.Reason);
    }

    [Theory]
    [InlineData("bad host")]
    [InlineData("demo.example:99999")]
    public async Task Host_that_no_origin_could_understand_is_a_rejection(string host)
    {
        await using var proxy = await StartAsync(new OriginService.Http(_server.Address));
        using var stream = new FakeEdgeStream(authority: host);
        await proxy.ServeAsync(stream);

        Assert.Equal(ResponseSource.Connector, stream.Rejection!.Value.Source);
    }

    public void Dispose() => _server.Dispose();

    private static async Task<Proxy> StartAsync(OriginService service, ProxySettings? settings = null) =>
        new(
            await OriginTable.StartAsync(IngressSnapshot.CatchAll(service), new ProxyMetrics(), default),
            NullLogger.Instance, settings);

    private FakeEdgeStream CreatePrivate()
    {
        var stream = new FakeEdgeStream(authority: $"127.0.0.1:{_server.Address.Port}");
        stream.Request.Kind = StreamKind.Tcp;
        return stream;
    }
}
