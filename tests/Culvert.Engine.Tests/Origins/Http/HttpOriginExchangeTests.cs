using Culvert.Engine.Origins;
using Culvert.Engine.Origins.Http;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Tests.Fixtures;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Tests.Origins.Http;

/// <summary>Both directions of an exchange at once, and what must never be forwarded.</summary>
public sealed class HttpOriginExchangeTests : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly RawOrigin _server = new();
    private readonly HttpOrigin _origin;

    public HttpOriginExchangeTests() => _origin = new HttpOrigin(_server.Address, time: new FakeTime());

    [Fact]
    public async Task Repeated_fields_stay_separate_lines_in_order_and_methods_keep_their_case()
    {
        using var stream = new FakeEdgeStream("get");
        stream.Request.Headers.Add("x-multi", "one");
        stream.Request.Headers.Add("Other", "");
        stream.Request.Headers.Add("X-Multi", "two, three");
        stream.Request.Headers.Add("User-Agent", "caf\u00e9 (");
        var (_, connection) = await BeginAsync(stream);
        using (connection)
        {
            Assert.Equal(
                [
                    "get / HTTP/1.1", "Host: demo.example:8080", "Connection: keep-alive", "Content-Length: 0", "x-multi: one",
                    "Other: ", "X-Multi: two, three", "User-Agent: caf\u00e9 (",
                ],
                await connection.ReadHeadAsync());
        }
    }

    [Theory]
    [InlineData(5L)]
    [InlineData(null)]
    public async Task Response_starts_and_goes_on_while_the_request_does(long? length)
    {
        using var stream = new FakeEdgeStream("POST");
        (stream.Request.HasBody, stream.Request.ContentLength) = (true, length);
        var (serving, connection) = await BeginAsync(stream);
        using (connection)
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nre\r\n");
            Assert.Equal("re", await stream.ReadAsync(2));
            await stream.Body.WriteAsync("hello"u8.ToArray());
            await stream.Body.CompleteAsync();
            await connection.ReadUntilAsync(length is null ? "5\r\nhello\r\n0\r\n\r\n" : "hello");
            await connection.WriteAsync("4\r\nsult\r\n0\r\n\r\n");
            await serving.WaitAsync(Limit);
            Assert.Equal("sult", await stream.ReadToEndAsync());
            Assert.Equal(1, _origin.IdleConnections);
        }
    }

    [Fact]
    public async Task Early_response_reaches_the_edge_and_ends_the_upload()
    {
        using var stream = new FakeEdgeStream("POST");
        (stream.Request.HasBody, stream.Request.ContentLength) = (true, 1_000_000);
        await stream.Body.WriteAsync("first"u8.ToArray());
        var (serving, connection) = await BeginAsync(stream);
        using (connection)
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync("HTTP/1.1 413 Content Too Large\r\nContent-Length: 8\r\n\r\ntoo much");
            await serving.WaitAsync(Limit);
            Assert.Equal("413", stream.Head![0]);
            Assert.Equal("too much", await stream.ReadToEndAsync());
            await connection.ReadUntilAsync("first");
            await connection.ClosedAsync();
        }

        Assert.Equal(0, _origin.IdleConnections);
    }

    [Fact]
    public async Task Upload_that_the_origin_does_not_read_does_not_hide_its_response()
    {
        using var stream = new FakeEdgeStream("POST");
        stream.Request.HasBody = true;
        var (serving, connection) = await BeginAsync(stream);
        using (connection)
        {
            await connection.ReadHeadAsync();
            var upload = UploadAsync(stream);
            await connection.WriteAsync("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
            await serving.WaitAsync(Limit);
            Assert.Equal("503", stream.Head![0]);
            await stream.Input.CompleteAsync();
            await upload.WaitAsync(Limit);
        }
    }

    [Theory]
    [InlineData(10L)]
    [InlineData(null)]
    public async Task Upload_that_fails_never_looks_complete(long? length)
    {
        using var stream = new FakeEdgeStream("POST");
        (stream.Request.HasBody, stream.Request.ContentLength) = (true, length);
        var (serving, connection) = await BeginAsync(stream);
        using (connection)
        {
            await connection.ReadHeadAsync();
            await stream.Body.WriteAsync("first"u8.ToArray());
            await connection.ReadUntilAsync("first");
            await stream.Body.CompleteAsync(new IOException("the visitor is gone"));
            var error = await Assert.ThrowsAsync<OriginException>(() => serving.WaitAsync(Limit));
            Assert.Contains("the visitor is gone", error.Message);
            if (length is null)
            {
                await connection.ReadUntilAsync("\r\n");
            }

            await connection.ClosedAsync();
        }
    }

    [Fact]
    public async Task Upload_shorter_than_announced_never_looks_complete()
    {
        using var stream = new FakeEdgeStream("POST");
        (stream.Request.HasBody, stream.Request.ContentLength) = (true, 10);
        await stream.Body.WriteAsync("first"u8.ToArray());
        await stream.Body.CompleteAsync();
        var (serving, connection) = await BeginAsync(stream);
        using (connection)
        {
            await Assert.ThrowsAsync<OriginException>(() => serving.WaitAsync(Limit));
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "conflicting")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "both")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "unknown")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "folded")]
    [InlineData("HTTP/1.1 200 OK\nA: b\r\n\r\n", "without CR")]
    [InlineData("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "name")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n", "NUL")]
    [InlineData("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n", "unasked")]
    public async Task Response_that_could_be_misread_is_not_forwarded(string response, string reason)
    {
        using var stream = new FakeEdgeStream();
        var (serving, connection) = await BeginAsync(stream);
        using (connection)
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync(response);
            var error = await Assert.ThrowsAsync<OriginException>(() => serving.WaitAsync(Limit));
            Assert.Contains(reason, error.Message);
            Assert.False(stream.HeadSent);
            await connection.ClosedAsync();
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\nzz\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirstX\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n0\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nfirst")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfirst")]
    public async Task Body_that_breaks_fails_the_stream(string response)
    {
        using var stream = new FakeEdgeStream();
        var (serving, connection) = await BeginAsync(stream);
        using (connection)
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync(response);
        }

        await Assert.ThrowsAnyAsync<IOException>(() => serving.WaitAsync(Limit));
    }

    [Theory]
    [InlineData("A", "b\r\nInjected: 1")]
    [InlineData("A", "b\0")]
    [InlineData("A b", "c")]
    [InlineData("", "c")]
    public async Task Request_field_that_would_break_a_line_is_not_sent(string name, string value)
    {
        using var stream = new FakeEdgeStream();
        stream.Request.Headers.Add(name, value);
        await AssertNothingSentAsync(stream);
    }

    [Theory]
    [InlineData("GET /x", "h", "/")]
    [InlineData("", "h", "/")]
    [InlineData("GET", "h", "/a b")]
    [InlineData("GET", "h", "/a\r\nX: y")]
    [InlineData("GET", "h\r\nX: y", "/")]
    [InlineData("GET", "a@b", "/")]
    [InlineData("GET", "[::1", "/")]
    public async Task Request_line_that_would_break_is_not_sent(string method, string host, string target)
    {
        using var stream = new FakeEdgeStream(method, host, target);
        await AssertNothingSentAsync(stream);
    }

    [Fact]
    public async Task Nothing_flows_to_the_origin_before_it_switches_protocols()
    {
        using var stream = new FakeEdgeStream();
        stream.Request.Kind = StreamKind.WebSocket;
        await stream.Body.WriteAsync("raw"u8.ToArray());
        var (serving, connection) = await BeginAsync(stream);
        using (connection)
        {
            await connection.ReadHeadAsync();
            Assert.False(await connection.HasMoreAsync());
            await connection.WriteAsync("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\nearly");
            Assert.Equal("early", await stream.ReadAsync(5));
            await connection.ReadUntilAsync("raw");
            await stream.Body.WriteAsync("last"u8.ToArray());
            await stream.Body.CompleteAsync();
            await connection.ReadUntilAsync("last");
            await connection.ClosedAsync();
        }

        await serving.WaitAsync(Limit);
    }

    public async ValueTask DisposeAsync()
    {
        await _origin.DisposeAsync();
        _server.Dispose();
    }

    private async Task AssertNothingSentAsync(FakeEdgeStream stream)
    {
        var (serving, connection) = await BeginAsync(stream);
        using (connection)
        {
            await Assert.ThrowsAsync<OriginException>(() => serving.WaitAsync(Limit));
            await connection.ClosedAsync();
        }
    }

    private static async Task UploadAsync(FakeEdgeStream stream)
    {
        var buffer = new byte[64 * 1024];
        while (!(await stream.Body.WriteAsync(buffer)).IsCompleted)
        {
        }
    }

    private async Task<(Task Serving, RawOrigin.Connection Connection)> BeginAsync(FakeEdgeStream stream)
    {
        var serving = _origin.ServeAsync(stream, default).AsTask();
        return (serving, await _server.AcceptAsync());
    }
}
