using System.Text;
using System.Text.Json;
using Culvert.Engine.Origins.HelloWorld;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Tests.Fixtures;
using Culvert.Transports.Streams;
using Microsoft.AspNetCore.Http;

namespace Culvert.Engine.Tests.Origins.HelloWorld;

public sealed class HelloWorldOriginTests : IAsyncLifetime
{
    private HelloWorldOrigin _origin = null!;

    public async Task InitializeAsync() => _origin = await HelloWorldOrigin.StartAsync(default);

    public async Task DisposeAsync() => await _origin.DisposeAsync();

    [Fact]
    public async Task Health_is_ok()
    {
        using var stream = new FakeEdgeStream(target: "/_health");
        await _origin.ServeAsync(stream, default).AsTask();

        Assert.Equal("200", stream.Head![0]);
        Assert.Equal("ok", await stream.ReadToEndAsync());
    }

    [Fact]
    public async Task Uptime_is_JSON_with_the_start_time()
    {
        using var stream = new FakeEdgeStream(target: "/uptime");
        await _origin.ServeAsync(stream, default).AsTask();
        Assert.Contains("Content-Type: application/json", stream.Head!);
        using var json = JsonDocument.Parse(await stream.ReadToEndAsync());

        Assert.InRange(
            json.RootElement.GetProperty("startTime").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-1),
            DateTimeOffset.UtcNow);
        Assert.EndsWith("s", json.RootElement.GetProperty("uptime").GetString());
    }

    [Theory]
    [InlineData(3650)]
    [InlineData(-3650)]
    public async Task Uptime_is_what_has_passed_whatever_the_date_is_set_to(int days)
    {
        var time = new FakeTime();
        var application = new HelloWorldApplication(time);
        time.Jump(TimeSpan.FromDays(days));
        time.Advance(TimeSpan.FromSeconds(90.5));
        var context = new DefaultHttpContext { Request = { Path = "/uptime" }, Response = { Body = new MemoryStream() } };
        await application.ProcessRequestAsync(context);

        Assert.Equal(
            """{"startTime":"2026-01-02T03:04:05Z","uptime":"90.5s"}""",
            Encoding.UTF8.GetString(((MemoryStream)context.Response.Body).ToArray()));
    }

    [Fact]
    public async Task Server_goes_on_while_another_rule_uses_it()
    {
        var other = await HelloWorldOrigin.StartAsync(default);
        await other.DisposeAsync();
        await other.DisposeAsync();
        using var stream = new FakeEdgeStream(target: "/_health");
        await _origin.ServeAsync(stream, default).AsTask();

        Assert.Equal("ok", await stream.ReadToEndAsync());
    }

    [Fact]
    public async Task Any_other_path_echoes_the_request_as_a_page()
    {
        using var stream = new FakeEdgeStream("POST", "demo.example", "/some/<path>?q=1");
        stream.Request.Headers.Add("X-Test", "<b>value</b>");
        await _origin.ServeAsync(stream, default).AsTask();
        var page = await stream.ReadToEndAsync();

        Assert.Equal("200", stream.Head![0]);
        Assert.Contains("Content-Type: text/html; charset=utf-8", stream.Head);
        Assert.Contains("POST /some/", page);
        Assert.Contains("demo.example", page);
        Assert.Contains("<th>X-Test</th><td>&lt;b&gt;value&lt;/b&gt;</td>", page);
    }

    [Fact]
    public async Task Events_come_one_by_one_until_the_visitor_leaves()
    {
        using var stream = new FakeEdgeStream(target: "/sse?freq=5ms");
        using var left = new CancellationTokenSource();
        var serving = _origin.ServeAsync(stream, left.Token).AsTask();

        Assert.Equal("0\n\n1\n\n2\n\n", await stream.ReadAsync(9));
        Assert.Contains("Content-Type: text/event-stream; charset=utf-8", stream.Head!);
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => serving);
    }

    [Fact]
    public async Task First_event_does_not_wait_for_the_second()
    {
        using var stream = new FakeEdgeStream(target: "/sse?freq=1h");
        using var left = new CancellationTokenSource();
        var serving = _origin.ServeAsync(stream, left.Token).AsTask();

        Assert.Equal("0\n\n", await stream.ReadAsync(3));
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => serving);
    }

    [Fact]
    public async Task WebSocket_without_an_upgrade_is_a_bad_request()
    {
        using var stream = new FakeEdgeStream(target: "/ws");
        await _origin.ServeAsync(stream, default).AsTask();

        Assert.Equal("400", stream.Head![0]);
        Assert.Contains("Sec-WebSocket-Version: 13", stream.Head);
        Assert.Equal("Bad Request\n", await stream.ReadToEndAsync());
    }

    [Fact]
    public async Task WebSocket_from_another_site_is_forbidden()
    {
        using var stream = new FakeEdgeStream(target: "/ws");
        stream.Request.Kind = StreamKind.WebSocket;
        stream.Request.Headers.Add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        stream.Request.Headers.Add("Origin", "https://elsewhere.example");
        await _origin.ServeAsync(stream, default).AsTask();

        Assert.Equal("403", stream.Head![0]);
        Assert.Contains("Sec-WebSocket-Version: 13", stream.Head);
        Assert.Contains("X-Content-Type-Options: nosniff", stream.Head);
        Assert.Equal("Forbidden\n", await stream.ReadToEndAsync());
    }

    [Fact]
    public async Task WebSocket_echoes_and_closes()
    {
        using var stream = new FakeEdgeStream(target: "/ws");
        stream.Request.Kind = StreamKind.WebSocket;
        stream.Request.Headers.Add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        stream.Request.Headers.Add("Origin", "https://demo.example");
        var serving = _origin.ServeAsync(stream, default).AsTask();
        await stream.HeadCame;
        Assert.Equal("101", stream.Head![0]);
        Assert.Contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", stream.Head);
        Assert.Contains("Upgrade: websocket", stream.Head);

        // A masked text frame "hi" with a key of zeros, then a masked close frame (RFC 6455, section 5.2).
        await stream.Body.WriteAsync(new byte[] { 0x81, 0x82, 0, 0, 0, 0, (byte)'h', (byte)'i' });
        Assert.Equal("\u0081\u0002hi", await stream.ReadAsync(4));
        await stream.Body.WriteAsync(new byte[] { 0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8 });
        Assert.Equal("\u0088\u0002\u0003\u00e8", await stream.ReadAsync(4));
        await serving.WaitAsync(TimeSpan.FromSeconds(20));
    }
}
