using Culvert.Engine.Origins.Http;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Tests.Origins.Http;

/// <summary>What an origin sees of a request (http2-and-proxy, sections 4.6.1 to 4.6.3).</summary>
public sealed class HttpOriginRequestTests : IAsyncDisposable
{
    private readonly RawOrigin _server = new();
    private readonly HttpOrigin _origin;

    public HttpOriginRequestTests() => _origin = new HttpOrigin(_server.Address);

    [Fact]
    public async Task Get_has_the_visitors_host_and_nothing_invented()
    {
        using var stream = new FakeEdgeStream("GET", "demo.example:8080", "/p%2Fq//a/../b?x=1&y=%20z");
        stream.Request.Headers.Add("X-One", "1");
        stream.Request.Headers.Add("Cf-Ray", "abc");

        Assert.Equal(
            ["GET /p%2Fq//a/../b?x=1&y=%20z HTTP/1.1", "Connection: keep-alive", "Host: demo.example:8080", "X-One: 1",
                "Cf-Ray: abc"],
            Sorted(await HeadAsync(stream)));
    }

    [Theory]
    [InlineData("/a?", "/a?")]
    [InlineData("/a#b", "/a#b")]
    [InlineData("/%C3%A9?q=%zz", "/%C3%A9?q=%zz")]
    [InlineData("*", "/")]
    [InlineData("", "/")]
    public async Task Target_is_the_visitors(string target, string expected) =>
        Assert.Equal($"GET {expected} HTTP/1.1", (await HeadAsync(new FakeEdgeStream(target: target)))[0]);

    [Theory]
    [InlineData("GET", null)]
    [InlineData("HEAD", null)]
    [InlineData("OPTIONS", null)]
    [InlineData("DELETE", null)]
    [InlineData("POST", "Content-Length: 0")]
    [InlineData("PUT", "Content-Length: 0")]
    [InlineData("PATCH", "Content-Length: 0")]
    public async Task Request_without_a_body_says_so_where_one_is_usual(string method, string? length)
    {
        var head = await HeadAsync(new FakeEdgeStream(method));

        Assert.Equal(length, Array.Find(head, l => l.StartsWith("Content-Length", StringComparison.Ordinal)));
        Assert.DoesNotContain(head, l => l.StartsWith("Transfer-Encoding", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Empty_authority_becomes_the_address_of_the_origin() =>
        Assert.Contains($"Host: {_server.Address.Authority}", await HeadAsync(new FakeEdgeStream(authority: "")));

    [Fact]
    public async Task Hop_headers_of_the_tunnel_are_replaced()
    {
        using var stream = new FakeEdgeStream("POST");
        stream.Request.Headers.Add("Connection", "close, X-Secret");
        stream.Request.Headers.Add("Transfer-Encoding", "gzip");
        stream.Request.Headers.Add("Content-Length", "77");
        stream.Request.Headers.Add("Host", "forged.example");
        var head = await HeadAsync(stream);

        Assert.Equal(
            ["POST / HTTP/1.1", "Connection: keep-alive", "Host: demo.example:8080", "Content-Length: 0"], Sorted(head));
    }

    [Fact]
    public async Task Content_headers_of_a_request_without_a_body_arrive()
    {
        using var stream = new FakeEdgeStream();
        stream.Request.Headers.Add("Content-Type", "application/json");

        Assert.Contains("Content-Type: application/json", await HeadAsync(stream));
    }

    [Fact]
    public async Task Body_of_known_length_keeps_it_and_streams()
    {
        using var stream = new FakeEdgeStream("POST");
        (stream.Request.HasBody, stream.Request.ContentLength) = (true, 10);
        stream.Request.Headers.Add("Content-Type", "text/plain");
        var serving = _origin.ServeAsync(stream, default).AsTask();
        using var connection = await _server.AcceptAsync();
        var head = await connection.ReadHeadAsync();
        Assert.Contains("Content-Length: 10", head);
        Assert.Contains("Content-Type: text/plain", head);

        await stream.Body.WriteAsync("first"u8.ToArray());
        await connection.ReadUntilAsync("first");
        await stream.Body.WriteAsync("-last"u8.ToArray());
        await stream.Body.CompleteAsync();
        await connection.ReadUntilAsync("-last");
        await connection.WriteAsync("HTTP/1.1 204 No Content\r\n\r\n");
        await serving;
    }

    [Fact]
    public async Task Body_of_unknown_length_is_chunked_and_streams()
    {
        using var stream = new FakeEdgeStream("POST");
        stream.Request.HasBody = true;
        var serving = _origin.ServeAsync(stream, default).AsTask();
        using var connection = await _server.AcceptAsync();
        Assert.Contains("Transfer-Encoding: chunked", await connection.ReadHeadAsync());

        await stream.Body.WriteAsync("hello"u8.ToArray());
        await connection.ReadUntilAsync("5\r\nhello\r\n");
        await stream.Body.CompleteAsync();
        await connection.ReadUntilAsync("0\r\n\r\n");
        await connection.WriteAsync("HTTP/1.1 204 No Content\r\n\r\n");
        await serving;
    }

    [Fact]
    public async Task WebSocket_asks_for_the_upgrade_in_its_own_words()
    {
        using var stream = new FakeEdgeStream();
        stream.Request.Kind = StreamKind.WebSocket;
        stream.Request.Headers.Add("Sec-WebSocket-Version", "8");
        stream.Request.Headers.Add("Sec-WebSocket-Key", "abc");
        stream.Request.Headers.Add("Upgrade", "h2c");
        var head = await HeadAsync(stream);

        Assert.Equal(
            [
                "GET / HTTP/1.1", "Connection: Upgrade", "Host: demo.example:8080", "Sec-WebSocket-Key: abc",
                "Sec-WebSocket-Version: 13", "Upgrade: websocket",
            ],
            head[..1].Concat(head[1..].Order(StringComparer.Ordinal)));
    }

    public async ValueTask DisposeAsync()
    {
        await _origin.DisposeAsync();
        _server.Dispose();
    }

    private static string[] Sorted(string[] head) =>
        [head[0], .. head[1..].Where(l => l.StartsWith("Connection", StringComparison.Ordinal)),
            .. head[1..].Where(l => l.StartsWith("Host", StringComparison.Ordinal)),
            .. head[1..].Where(
                l => !l.StartsWith("Connection", StringComparison.Ordinal) && !l.StartsWith("Host", StringComparison.Ordinal))];

    private async Task<string[]> HeadAsync(FakeEdgeStream stream)
    {
        using var given = new CancellationTokenSource();
        var serving = _origin.ServeAsync(stream, given.Token).AsTask();
        using var connection = await _server.AcceptAsync();
        var head = await connection.ReadHeadAsync();
        await given.CancelAsync();
        await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return head;
    }
}
