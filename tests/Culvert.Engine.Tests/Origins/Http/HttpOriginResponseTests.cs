using Culvert.Engine.Origins;
using Culvert.Engine.Origins.Http;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Tests.Origins.Http;

/// <summary>What the edge gets of an origin's response (http2-and-proxy, section 1.9.3).</summary>
public sealed class HttpOriginResponseTests : IAsyncDisposable
{
    private readonly RawOrigin _server = new();
    private readonly HttpOrigin _origin;

    public HttpOriginResponseTests() => _origin = new HttpOrigin(_server.Address);

    [Fact]
    public async Task Fields_arrive_with_repetitions_and_raw_bytes()
    {
        using var stream = await ServeAsync(
            "HTTP/1.1 201 Created\r\nSet-Cookie: a=1; Path=/\r\nx-lower: caf\u00e9\r\nSet-Cookie: b=2\r\n" +
            "Keep-Alive: timeout=5\r\n"
            + "Connection: keep-alive\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok");

        Assert.Equal("201", stream.Head![0]);
        Assert.Equal(
            [
                "Connection: keep-alive", "Content-Length: 2", "Content-Type: text/plain", "Keep-Alive: timeout=5",
                "Set-Cookie: a=1; Path=/", "Set-Cookie: b=2", "x-lower: caf\u00e9",
            ],
            stream.Head[1..].Order(StringComparer.Ordinal));
        Assert.Equal("ok", await stream.ReadToEndAsync());
    }

    [Fact]
    public async Task What_framing_consumed_is_left_out()
    {
        using var stream = await ServeAsync(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\nConnection: close\r\nX: 1\r\n\r\n"
            + "2\r\nok\r\n0\r\nX-T: end\r\n\r\n");

        Assert.Equal(["200", "X: 1"], stream.Head!);
        Assert.Equal("ok", await stream.ReadToEndAsync());
        Assert.Equal(["X-T: end"], stream.Trailers);
    }

    [Theory]
    [InlineData("HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", "304", "Content-Length: 10")]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", "302", "Location: /x")]
    [InlineData("HTTP/1.1 407 Proxy\r\nProxy-Authenticate: Basic\r\n\r\n", "407", "Proxy-Authenticate: Basic")]
    [InlineData("HTTP/1.1 999 Odd\r\nContent-Encoding: gzip\r\n\r\n", "999", "Content-Encoding: gzip")]
    public async Task Status_and_its_fields_are_not_interpreted(string response, string status, string field)
    {
        using var stream = await ServeAsync(response);

        Assert.Equal(status, stream.Head![0]);
        Assert.Contains(field, stream.Head!);
    }

    [Fact]
    public async Task Interim_responses_are_swallowed()
    {
        using var stream = await ServeAsync("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");

        Assert.Equal(["204"], stream.Head!);
    }

    [Fact]
    public async Task Head_has_no_body_and_keeps_its_length()
    {
        using var stream = new FakeEdgeStream("HEAD");
        await AnswerAsync(stream, "HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n");

        Assert.Contains("Content-Length: 12345", stream.Head!);
        Assert.Equal("", await stream.ReadToEndAsync());
    }

    [Fact]
    public async Task First_bytes_leave_while_the_origin_thinks()
    {
        using var stream = new FakeEdgeStream();
        var serving = _origin.ServeAsync(stream, default).AsTask();
        using var connection = await _server.AcceptAsync();
        await connection.ReadHeadAsync();
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst");
        Assert.Equal("first", await stream.ReadAsync(5));
        await connection.WriteAsync("-last");
        await serving;

        Assert.Equal("-last", await stream.ReadToEndAsync());
    }

    [Fact]
    public async Task Body_that_is_cut_short_fails_after_the_head()
    {
        using var stream = new FakeEdgeStream();
        var serving = _origin.ServeAsync(stream, default).AsTask();
        using (var connection = await _server.AcceptAsync())
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst");
            Assert.Equal("first", await stream.ReadAsync(5));
        }

        await Assert.ThrowsAnyAsync<IOException>(() => serving);
    }

    [Fact]
    public async Task Edge_that_gives_up_closes_the_connection_to_the_origin()
    {
        using var stream = new FakeEdgeStream();
        using var given = new CancellationTokenSource();
        var serving = _origin.ServeAsync(stream, given.Token).AsTask();
        using var connection = await _server.AcceptAsync();
        await connection.ReadHeadAsync();
        await given.CancelAsync();

        await connection.ClosedAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => serving);
    }

    [Theory]
    [InlineData("nonsense\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX: cut")]
    public async Task Answer_that_is_no_response_is_an_origin_failure(string answer)
    {
        using var stream = new FakeEdgeStream();
        var e = await Assert.ThrowsAsync<OriginException>(() => AnswerAsync(stream, answer));

        Assert.StartsWith("Unable to reach the origin service.", e.Message);
        Assert.False(stream.HeadSent);
    }

    [Fact]
    public async Task Post_that_got_no_answer_is_not_sent_again()
    {
        using var stream = new FakeEdgeStream("POST");
        var e = await Assert.ThrowsAsync<OriginException>(() => AnswerAsync(stream, ""));

        Assert.StartsWith("Unable to reach the origin service.", e.Message);
        Assert.False(_server.HasWaiting);
    }

    [Fact]
    public async Task Origin_that_is_lost_during_an_upload_is_a_failure()
    {
        using var stream = new FakeEdgeStream("POST");
        stream.Request.HasBody = true;
        var serving = _origin.ServeAsync(stream, default).AsTask();
        using (var connection = await _server.AcceptAsync())
        {
            await connection.ReadHeadAsync();
        }

        // The loss shows when the kernel has answered a write with a reset.
        while (!serving.IsCompleted)
        {
            await Task.WhenAny(serving, stream.Body.WriteAsync(new byte[1024]).AsTask());
        }

        await Assert.ThrowsAsync<OriginException>(() => serving);
        Assert.False(stream.HeadSent);
    }

    [Fact]
    public async Task Upgraded_connection_carries_raw_bytes_both_ways_and_ends_with_the_origin()
    {
        using var stream = new FakeEdgeStream();
        stream.Request.Kind = StreamKind.WebSocket;
        var serving = _origin.ServeAsync(stream, default).AsTask();
        using (var connection = await _server.AcceptAsync())
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly");
            Assert.Equal("early", await stream.ReadAsync(5));
            Assert.Equal("101", stream.Head![0]);
            Assert.Contains("Upgrade: websocket", stream.Head!);
            await stream.Body.WriteAsync(new byte[] { 0, 255, (byte)'!' });
            Assert.Equal("\0\u00ff!", await connection.ReadUntilAsync("!"));
        }

        Assert.IsNotType<TimeoutException>(await Record.ExceptionAsync(() => serving.WaitAsync(TimeSpan.FromSeconds(20))));
    }

    [Fact]
    public async Task Upgraded_connection_ends_with_the_visitor()
    {
        using var stream = new FakeEdgeStream();
        stream.Request.Kind = StreamKind.WebSocket;
        var serving = _origin.ServeAsync(stream, default).AsTask();
        using var connection = await _server.AcceptAsync();
        await connection.ReadHeadAsync();
        await connection.WriteAsync("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        await stream.HeadCame;
        await stream.Body.CompleteAsync();

        await connection.ClosedAsync();
        await serving;
    }

    public async ValueTask DisposeAsync()
    {
        await _origin.DisposeAsync();
        _server.Dispose();
    }

    private async Task<FakeEdgeStream> ServeAsync(string response)
    {
        var stream = new FakeEdgeStream();
        await AnswerAsync(stream, response);
        return stream;
    }

    private async Task AnswerAsync(FakeEdgeStream stream, string response)
    {
        var serving = _origin.ServeAsync(stream, default).AsTask();
        using (var connection = await _server.AcceptAsync())
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync(response);
        }

        await serving.WaitAsync(TimeSpan.FromSeconds(20));
    }
}
