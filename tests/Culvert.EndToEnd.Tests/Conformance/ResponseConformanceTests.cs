using System.Text;
using Culvert.Ingress.Services;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;

namespace Culvert.EndToEnd.Tests.Conformance;

/// <summary>What of a response reaches the edge (http2-and-proxy, section 13.1, C-12 to C-23).</summary>
public sealed class ResponseConformanceTests
{
    private const uint NoError = 0;
    private const uint InternalError = 2;
    private const string OriginMeta = """{"src":"origin"}""";
    private const string ConnectorMeta = """{"src":"cloudflared"}""";

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 1)]
    [InlineData("HTTP/1.1 404 Not Found\r\nX-One: 1\r\nContent-Length: 0\r\n\r\n", 2)]
    [InlineData("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", 1)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0)]
    public async Task C12_Every_proxied_response_carries_serialized_headers_and_meta(string response, int headers)
    {
        var answer = await AnswerAsync(response);

        Assert.Equal(OriginMeta, answer.Field("cf-cloudflared-response-meta"));
        Assert.Equal(headers, answer.Serialized!.Length);
    }

    [Fact]
    public async Task C13_Headers_are_unpadded_base64_pairs_one_for_each_value()
    {
        var answer = await AnswerAsync(
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: a=1; Path=/\r\nX-Empty:\r\n\r\nhello");
        var pairs = answer.Field("cf-cloudflared-response-headers")!.Split(';');

        Assert.Equal(["Q29udGVudC1MZW5ndGg:NQ", "U2V0LUNvb2tpZQ:YT0xOyBQYXRoPS8", "WC1FbXB0eQ:"], pairs);
    }

    [Fact]
    public async Task C13_Values_may_be_any_bytes_and_keep_their_order()
    {
        var answer = await AnswerAsync(
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Many: 2;:\r\nX-Other: -\r\nX-Many: 1\u00ff\u0080\u0001\r\n" +
            "X-Many: 3\r\n\r\n");

        Assert.Equal(
            ["X-Many: 2;:", "X-Many: 1\u00ff\u0080\u0001", "X-Many: 3"],
            answer.Serialized!.Where(h => h.StartsWith("X-Many", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task C14_Control_headers_of_an_origin_are_dropped()
    {
        var answer = await AnswerAsync(
            "HTTP/1.1 200 OK\r\nCf-Int-X: 1\r\ncf-cloudflared-foo: 1\r\nCF-PROXY-BAR: 1\r\nCf-Ray: kept\r\n" +
            "Content-Length: 0\r\n\r\n");

        Assert.Equal(["Cf-Ray: kept", "Content-Length: 0"], answer.Serialized!);
        Assert.DoesNotContain(
            answer.Head, field => field.Name is "cf-int-x" or "cf-cloudflared-foo" or "cf-proxy-bar" or "cf-ray");
    }

    [Fact]
    public async Task C14_Trace_result_and_length_travel_outside()
    {
        var answer = await AnswerAsync(
            "HTTP/1.1 200 OK\r\nCf-Int-Cloudflared-Tracing: c3Bhbg==\r\nContent-Length: 5\r\n\r\nhello");

        Assert.Equal("c3Bhbg==", answer.Field("cf-int-cloudflared-tracing"));
        Assert.Equal("5", answer.Field("content-length"));
        Assert.Equal(["Content-Length: 5"], answer.Serialized!);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C15_Hop_by_hop_headers_of_the_origin_are_not_stripped(string transport)
    {
        var answer = await AskAsync(
            transport,
            "HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Named\r\nKeep-Alive: timeout=5\r\nX-Named: 1\r\n" +
            "Proxy-Authenticate: Basic\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");

        Assert.Equal(
            ["Connection: keep-alive, X-Named", "Keep-Alive: timeout=5", "X-Named: 1", "Proxy-Authenticate: Basic"],
            answer.Headers);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C16_Cookies_stay_separate_pairs(string transport)
    {
        var answer = await AskAsync(
            transport, "HTTP/1.1 200 OK\r\nSet-Cookie: a=1, x\r\nSet-Cookie: b=2; Path=/\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal(["a=1, x", "b=2; Path=/"], answer.Values("Set-Cookie"));
    }

    [Fact]
    public async Task C17_Switched_protocols_are_200()
    {
        await using var origin = RawOrigin.Answering(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n");
        await using var edge = await FrameEdge.StartAsync(origin.Address);
        var stream = await edge.OpenAsync(end: false, "GET /", ("cf-cloudflared-proxy-connection-upgrade", "websocket"));
        var answer = new FrameAnswer();
        Assert.False(answer.Add(await edge.ReadAsync(stream)));

        Assert.Equal("200", answer.Status);
        Assert.Contains("Upgrade: websocket", answer.Serialized!);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C17_Final_statuses_pass_and_interim_responses_are_swallowed(string transport)
    {
        var answer = await AskAsync(
            transport,
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 999 Odd\r\n" +
            "Content-Length: 0\r\n\r\n");

        Assert.Equal(999, answer.Status);
        Assert.Equal(["Content-Length: 0"], answer.Headers);
    }

    [Theory]
    [InlineData("HEAD", "200 OK", "10")]
    [InlineData("GET", "304 Not Modified", "10")]
    [InlineData("GET", "204 No Content", null)]
    [InlineData("HEAD", "404 Not Found", null)]
    public async Task C18_Response_without_a_body_ends_with_its_head(string method, string status, string? length)
    {
        var field = length is null ? "" : $"Content-Length: {length}\r\n";
        var answer = await AnswerAsync($"HTTP/1.1 {status}\r\n{field}\r\n", $"{method} /");

        Assert.Equal((status[..3], length), (answer.Status, answer.Field("content-length")));
        Assert.Null(answer.Reset);
        Assert.Empty(answer.Body);
    }

    [Theory]
    [InlineData("http2", "")]
    [InlineData("http2", "Content-Type: text/event-stream\r\nContent-Length: 10\r\n")]
    [InlineData("http2", "Content-Type: application/grpc-web\r\nContent-Length: 10\r\n")]
    [InlineData("http2", "Content-Type: application/x-ndjson\r\nContent-Length: 10\r\n")]
    [InlineData("http2", "Content-Type: text/plain\r\nContent-Length: 10\r\n")]
    [InlineData("quic", "")]
    [InlineData("quic", "Content-Type: text/event-stream\r\nContent-Length: 10\r\n")]
    [InlineData("quic", "Content-Type: text/plain\r\nContent-Length: 10\r\n")]
    public async Task C19_What_the_origin_sent_is_flushed_when_it_pauses(string transport, string fields)
    {
        if (transport == "quic" && !Transports.Quic.QuicRuntime.IsSupported(out _))
        {
            return;
        }

        var (headCame, firstCame) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var origin = RawOrigin.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.WriteAsync($"HTTP/1.1 200 OK\r\nConnection: close\r\n{fields}\r\n");
            await headCame.Task;
            await peer.WriteAsync("first");
            await firstCame.Task;
            await peer.WriteAsync("later");
        });
        await using var edge = await ScriptedEdge.StartAsync(transport, origin.Address);
        await using var stream = await edge.OpenAsync(StreamKind.Http);

        Assert.Equal(200, (await stream.ReadHeadAsync(default).InTime()).Status);
        headCame.SetResult();
        Assert.Equal("first", await ReadAsync(stream, 5));
        firstCame.SetResult();
        Assert.Equal("later", await ReadAsync(stream, 5));
    }

    [Fact]
    public async Task C20_Trailers_travel_in_clear_announced_or_not()
    {
        var answer = await AnswerAsync(
            "HTTP/1.1 200 OK\r\nTrailer: X-Announced\r\nTransfer-Encoding: chunked\r\n\r\n" +
            "2\r\nok\r\n0\r\nX-Announced: a\r\nGrpc-Status: 0\r\n\r\n");

        Assert.Equal("ok", answer.Body);
        Assert.Equal([("grpc-status", "0"), ("x-announced", "a")], answer.Trailers.Order());
    }

    [Fact]
    public async Task C21_Failure_before_the_head_is_an_empty_502_of_the_connector()
    {
        await using var edge = await FrameEdge.StartAsync(RawOrigin.NobodysAddress);
        var answer = await edge.AskAsync();

        Assert.Equal("502", answer.Status);
        Assert.Equal(ConnectorMeta, answer.Field("cf-cloudflared-response-meta"));
        Assert.Equal("0", answer.Field("content-length"));
        Assert.Equal((true, "", null, null), (answer.HeadEndsStream, answer.Body, answer.Serialized, answer.Reset));
    }

    [QuicFact]
    public async Task C21_Failure_before_the_head_carries_its_text_over_QUIC()
    {
        await using var edge = await ScriptedEdge.StartAsync("quic", RawOrigin.NobodysAddress);
        await using var stream = await edge.OpenAsync(StreamKind.Http);
        var head = await stream.ReadHeadAsync(default).InTime();

        Assert.Equal(ResponseSource.Connector, head.Source);
        Assert.StartsWith("Unable to reach the origin service. ", head.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Content-Length: 10\r\n", "part")]
    [InlineData("Transfer-Encoding: chunked\r\n", "4\r\npart\r\n")]
    public async Task C22_Failure_after_the_head_resets_the_stream(string framing, string part)
    {
        await using var origin = RawOrigin.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.WriteAsync($"HTTP/1.1 200 OK\r\n{framing}\r\n{part}");
        });
        await using var edge = await FrameEdge.StartAsync(origin.Address);
        var answer = await edge.AskAsync();

        Assert.Equal(InternalError, answer.Reset);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C22_Failure_after_the_head_is_never_a_complete_response(string transport)
    {
        await using var origin = RawOrigin.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\npart");
        });
        await using var edge = await ScriptedEdge.StartAsync(transport, origin.Address);

        await Assert.ThrowsAnyAsync<IOException>(() => edge.AskAsync());
    }

    [Fact]
    public async Task C23_Response_that_ends_before_its_request_is_followed_by_a_reset_without_error()
    {
        await using var origin = RawOrigin.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.WriteAsync("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
            await peer.ReadToEndAsync();
        });
        await using var edge = await FrameEdge.StartAsync(origin.Address);
        var stream = await edge.OpenAsync(end: false, "POST /", ("content-length", "1000000"));
        var answer = await edge.AnswerAsync(stream);
        var reset = await edge.ReadAsync(stream);

        Assert.Equal(("401", null), (answer.Status, answer.Reset));
        Assert.Equal((FrameType.ResetStream, NoError), (reset.Type, reset.ErrorCode));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C42_Fixed_status_is_empty_and_counts_as_the_origins(string transport)
    {
        await using var edge = await ScriptedEdge.StartAsync(transport, new OriginService.Status(418));
        var answer = await edge.AskAsync();

        Assert.Equal((418, "", ResponseSource.Origin), (answer.Status, answer.Body, answer.Source));
        Assert.Empty(answer.Headers);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C42_Hello_world_answers_a_page_health_and_uptime(string transport)
    {
        await using var edge = await ScriptedEdge.StartAsync(transport, new OriginService.HelloWorld());

        Assert.Equal("ok", (await edge.AskAsync("GET /_health")).Body);
        Assert.Contains("\"startTime\"", (await edge.AskAsync("GET /uptime")).Body, StringComparison.Ordinal);
        var page = await edge.AskAsync("GET /anything");
        Assert.StartsWith("text/html", Assert.Single(page.Values("Content-Type")), StringComparison.Ordinal);
    }

    private static async Task<FrameAnswer> AnswerAsync(string response, string line = "GET /")
    {
        await using var origin = RawOrigin.Answering(response);
        await using var edge = await FrameEdge.StartAsync(origin.Address);
        return await edge.AskAsync(line);
    }

    private static async Task<Answer> AskAsync(string transport, string response)
    {
        await using var origin = RawOrigin.Answering(response);
        await using var edge = await ScriptedEdge.StartAsync(transport, origin.Address);
        return await edge.AskAsync();
    }

    private static async Task<string> ReadAsync(ConnectorStream stream, int count)
    {
        var read = await stream.Input.ReadAtLeastAsync(count).InTime();
        var part = read.Buffer.Slice(0, count);
        var text = Encoding.Latin1.GetString(part);
        stream.Input.AdvanceTo(part.End);
        return text;
    }
}
