using System.Net;
using System.Text;
using Culvert.Transports.Headers;
using Culvert.Transports.Http2.Tests.Fixtures;
using Culvert.Transports.Streams;

namespace Culvert.Transports.Http2.Tests.ConnectorRole;

/// <summary>
/// Requests and responses of a connector as an HTTP/2 client of the platform sees them (http2-and-proxy, sections 1.7 and 1.9).
/// </summary>
public sealed class Http2EdgeStreamTests : IAsyncLifetime
{
    private readonly FakeHandler _handler = new();
    private Dialled _dialled = null!;
    private HttpMessageInvoker _client = null!;

    public async Task InitializeAsync()
    {
        _dialled = await Dialled.StartAsync(_handler);
        _client = _dialled.CreateClient();
    }

    [Fact]
    public async Task Head_carries_the_origins_fields_serialized_and_no_other_way()
    {
        using var response = await AnswerAsync(
            200, ("Content-Type", "text/x"), ("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2"),
            ("Content-Length", "0"), ("cf-int-x", "1"), ("Cf-Cloudflared-Foo", "1"), ("Connection", "keep-alive"));

        Assert.Equal(
            ["Content-Type: text/x", "Set-Cookie: a=1; Path=/", "Set-Cookie: b=2", "Content-Length: 0", "Connection: keep-alive"],
            Serialized(response));
        Assert.Equal(["""{"src":"origin"}"""], response.Headers.GetValues(ControlHeaders.ResponseMetadata));
        Assert.False(response.Headers.Contains("Set-Cookie"));
        Assert.Null(response.Content.Headers.ContentType);
        Assert.Equal(0, response.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task Empty_list_is_an_empty_header()
    {
        using var response = await AnswerAsync(204);

        Assert.Equal([""], response.Headers.GetValues(ControlHeaders.ResponseHeaders));
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    [Fact]
    public async Task Trace_result_travels_outside()
    {
        using var response = await AnswerAsync(200, ("Cf-Int-Cloudflared-Tracing", "spans"));

        Assert.Equal(["spans"], response.Headers.GetValues("cf-int-cloudflared-tracing"));
        Assert.Empty(Serialized(response));
    }

    [Theory]
    [InlineData(101, 200)]
    [InlineData(200, 200)]
    [InlineData(302, 302)]
    [InlineData(404, 404)]
    [InlineData(999, 999)]
    public async Task Switch_of_protocols_is_200_and_other_statuses_are_kept(int status, int expected)
    {
        using var response = await AnswerAsync(status, ("Upgrade", "websocket"));

        Assert.Equal(expected, (int)response.StatusCode);
        Assert.Equal(["Upgrade: websocket"], Serialized(response));
    }

    [Theory]
    [InlineData("HEAD", 200, "12345")]
    [InlineData("GET", 304, "10")]
    [InlineData("GET", 204, "0")]
    public async Task Response_without_a_body_keeps_its_length(string method, int status, string length)
    {
        using var response = await AnswerAsync(method, status, ("Content-Length", length));

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal([$"Content-Length: {length}"], Serialized(response));
        Assert.Equal("", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData((int)ResponseSource.Connector, """{"src":"cloudflared"}""")]
    [InlineData((int)ResponseSource.FlowLimited, """{"src":"cloudflared","flow_rate_limited":true}""")]
    public async Task Rejection_is_a_502_that_says_no_more_than_who_made_it(int source, string meta)
    {
        _handler.Request = s => s.RejectAsync((ResponseSource)source, "secret reason", default).AsTask();
        using var response = await _client.SendAsync(Request(HttpMethod.Get), default);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal([meta], response.Headers.GetValues(ControlHeaders.ResponseMetadata));
        Assert.Equal(0, response.Content.Headers.ContentLength);
        Assert.Equal(
            ["cf-cloudflared-response-meta", "Date"],
            response.Headers.Select(h => h.Key).Order(StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Body_and_trailers_follow_the_head()
    {
        _handler.Request = async stream =>
        {
            stream.SendHead(new ResponseHead { Status = 200 });
            await stream.Output.WriteAsync("body"u8.ToArray());
            stream.AddTrailer("X-T"u8, "1"u8);
            stream.AddTrailer("X-T"u8, "2"u8);
        };
        using var response = await _client.SendAsync(Request(HttpMethod.Get), default);

        Assert.Equal("body", await response.Content.ReadAsStringAsync());
        Assert.Equal(["1", "2"], response.TrailingHeaders.GetValues("x-t"));
    }

    [Fact]
    public async Task Request_arrives_raw_with_names_as_origins_know_them()
    {
        using var request = Request(HttpMethod.Get, "/p%2Fq//a/../b?x=1&y=%20z");
        request.Headers.Host = "demo.example:8080";
        request.Headers.TryAddWithoutValidation("x-lower-MiXed", ["1", "2"]);
        request.Headers.TryAddWithoutValidation("X-Latin", "caf\u00e9");
        request.Headers.TryAddWithoutValidation(ControlHeaders.StreamMarker, "websocket");
        request.Headers.TryAddWithoutValidation(ControlHeaders.TcpSource, "");
        request.Headers.TryAddWithoutValidation(ControlHeaders.TraceContext, "1:2:0:1");
        var lines = await HeadAsync(request);

        Assert.Equal(
            [
                "WebSocket GET demo.example:8080 /p%2Fq//a/../b?x=1&y=%20z trace 1:2:0:1",
                "Cf-Cloudflared-Proxy-Src: ", "X-Latin: caf\u00e9", "X-Lower-Mixed: 1, 2",
            ],
            lines[..1].Concat(lines[1..].Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData("GET", null, false)]
    [InlineData("POST", "", false)]
    [InlineData("POST", "hello", true)]
    public async Task Body_is_announced_when_the_head_did_not_end_the_stream(string method, string? body, bool hasBody)
    {
        (bool HasBody, long? Length, string Body) seen = default;
        _handler.Request = async stream =>
        {
            using var reader = new StreamReader(stream.Input.AsStream());
            seen = (stream.Request.HasBody, stream.Request.ContentLength, await reader.ReadToEndAsync());
            stream.SendHead(new ResponseHead { Status = 200 });
        };
        using var request = Request(new HttpMethod(method));
        request.Content = body is null ? null : new StringContent(body);
        (await _client.SendAsync(request, default)).Dispose();

        Assert.Equal(body ?? "", seen.Body);
        Assert.Equal(body?.Length, seen.Length);
        Assert.True(seen.HasBody || !hasBody);
    }

    [Fact]
    public async Task Large_head_arrives_whole()
    {
        using var request = Request(HttpMethod.Get, "/" + new string('p', 30 * 1024));
        for (var i = 0; i < 8; i++)
        {
            request.Headers.TryAddWithoutValidation($"X-Large-{i}", new string('v', 8 * 1024));
        }

        var lines = await HeadAsync(request);
        Assert.Contains(" /" + new string('p', 30 * 1024) + " ", lines[0]);
        Assert.Equal(64 * 1024, lines[1..].Sum(l => l.Length - "X-Large-0: ".Length));
    }

    [Fact]
    public async Task Target_larger_than_a_head_holds_is_rejected_and_the_connection_goes_on()
    {
        using var response = await _client.SendAsync(
            Request(HttpMethod.Get, "/" + new string('p', RequestHead.MaxPartBytes)), default);
        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal(["""{"src":"cloudflared"}"""], response.Headers.GetValues(ControlHeaders.ResponseMetadata));

        using var next = await AnswerAsync(200);
        Assert.Equal(HttpStatusCode.OK, next.StatusCode);
    }

    [Fact]
    public async Task Stream_object_that_is_used_again_remembers_nothing()
    {
        using var first = Request(HttpMethod.Post);
        first.Headers.TryAddWithoutValidation(ControlHeaders.TraceContext, "1:2:0:1");
        first.Content = new StringContent("x");
        await HeadAsync(first);

        Assert.Equal(["Http GET demo.example / trace "], await HeadAsync(Request(HttpMethod.Get)));
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _dialled.DisposeAsync();
    }

    private static HttpRequestMessage Request(HttpMethod method, string target = "/") => new(
        method,
        new Uri("http://demo.example" + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }))
    {
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private Task<HttpResponseMessage> AnswerAsync(int status, params (string Name, string Value)[] fields) =>
        AnswerAsync("GET", status, fields);

    private Task<HttpResponseMessage> AnswerAsync(string method, int status, params (string Name, string Value)[] fields)
    {
        _handler.Request = stream =>
        {
            var head = new ResponseHead { Status = status };
            foreach (var (name, value) in fields)
            {
                head.Headers.Add(name, value);
            }

            stream.SendHead(head);
            return Task.CompletedTask;
        };
        return _client.SendAsync(Request(new HttpMethod(method)), default).WaitAsync(Dialled.Limit);
    }

    /// <summary>What the handler saw: one line for the request line, then the fields.</summary>
    private async Task<string[]> HeadAsync(HttpRequestMessage request)
    {
        string[] lines = [];
        _handler.Request = stream =>
        {
            var head = stream.Request;
            string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
            lines =
            [
                $"{head.Kind} {Text(head.Method)} {Text(head.Authority)} {Text(head.Target)} trace {Text(head.TraceContext)}",
                .. Enumerable.Range(0, head.Headers.Count)
                    .Select(i => $"{head.Headers[i].NameText}: {head.Headers[i].ValueText}"),
            ];
            stream.SendHead(new ResponseHead { Status = 200 });
            return Task.CompletedTask;
        };
        (await _client.SendAsync(request, default).WaitAsync(Dialled.Limit)).Dispose();
        return lines;
    }

    private static string[] Serialized(HttpResponseMessage response)
    {
        var list = new HeaderList();
        Assert.True(SerializedHeaders.TryParse(
            Encoding.ASCII.GetBytes(response.Headers.GetValues(ControlHeaders.ResponseHeaders).Single()), list));
        return [.. Enumerable.Range(0, list.Count).Select(i => $"{list[i].NameText}: {list[i].ValueText}")];
    }
}
