using Culvert.Transports.Http2.EdgeRole;
using Culvert.Transports.Streams;

namespace Culvert.Transports.Http2.Tests.EdgeRole;

/// <summary>A request towards a connector (http2-and-proxy, section 2.1).</summary>
public class RequestEncodingTests
{
    private readonly RequestHead _head = new();

    public RequestEncodingTests() => _head.SetLine("GET", "demo.example:8080", "/");

    [Theory]
    [InlineData("/p%2Fq//a/../b?x=1&y=%20z")]
    [InlineData("/?")]
    [InlineData("/a#b")]
    [InlineData("/%zz")]
    public void Path_is_kept_byte_for_byte(string target)
    {
        _head.SetTarget(System.Text.Encoding.Latin1.GetBytes(target));

        Assert.Equal(target, Message().RequestUri!.PathAndQuery);
    }

    [Fact]
    public void Line_is_that_of_the_visitor_over_HTTP_2()
    {
        _head.SetLine("PROPFIND", "demo.example:8080", "");
        var message = Message();

        Assert.Equal("PROPFIND", message.Method.Method);
        Assert.Equal("demo.example:8080", message.Headers.Host);
        Assert.Equal("/", message.RequestUri!.PathAndQuery);
        Assert.Equal((new Version(2, 0), HttpVersionPolicy.RequestVersionExact), (message.Version, message.VersionPolicy));
    }

    [Theory]
    [InlineData("demo.example:99999")]
    [InlineData("bad host")]
    public void Host_that_cannot_be_carried_is_a_format_error(string host)
    {
        _head.SetAuthority(System.Text.Encoding.Latin1.GetBytes(host));

        Assert.Throws<FormatException>(Message);
    }

    [Fact]
    public void Request_without_a_body_ends_with_its_head()
    {
        Assert.Null(RequestEncoding.Create(_head).Body);
        Assert.Null(Message().Content);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0L)]
    [InlineData(5L)]
    public void Length_of_a_body_is_told_when_it_is_known(long? length)
    {
        (_head.HasBody, _head.ContentLength) = (true, length);
        var (message, body) = RequestEncoding.Create(_head);

        Assert.Same(body, message.Content);
        Assert.Equal(length, body!.Headers.ContentLength);
    }

    [Fact]
    public void Fields_keep_their_order_and_repetitions()
    {
        _head.Headers.Add("X-A", "1");
        _head.Headers.Add("X-A", "2, 3");
        _head.Headers.Add("User-Agent", "odd ( agent");
        _head.Headers.Add("Host", "forged");
        _head.Headers.Add("Content-Length", "99");
        var message = Message();

        Assert.Equal(["1", "2, 3"], message.Headers.NonValidated["X-A"]);
        Assert.Equal("odd ( agent", message.Headers.NonValidated["User-Agent"].ToString());
        Assert.Equal("demo.example:8080", message.Headers.Host);
        Assert.Null(message.Content);
    }

    [Fact]
    public void Content_fields_of_a_request_without_a_body_are_carried()
    {
        _head.Headers.Add("Content-Type", "application/json; x");
        var message = Message();

        Assert.Equal("application/json; x", message.Content!.Headers.NonValidated["Content-Type"].ToString());
        Assert.Equal(0, message.Content.Headers.ContentLength);
    }

    [Fact]
    public void WebSocket_is_marked_and_stays_open()
    {
        _head.Kind = StreamKind.WebSocket;
        _head.ContentLength = 5;
        var (message, body) = RequestEncoding.Create(_head);

        Assert.Equal(["websocket"], message.Headers.GetValues("cf-cloudflared-proxy-connection-upgrade"));
        Assert.NotNull(body);
        Assert.Null(body.Headers.ContentLength);
    }

    [Fact]
    public void Private_network_stream_is_marked_and_stays_open()
    {
        _head.Kind = StreamKind.Tcp;
        _head.SetLine("", "10.0.0.1:22", "");
        var (message, body) = RequestEncoding.Create(_head);

        Assert.NotNull(body);
        Assert.False(string.IsNullOrEmpty(message.Headers.GetValues("cf-cloudflared-proxy-src").Single()));
        Assert.Equal((HttpMethod.Get, "10.0.0.1:22"), (message.Method, message.Headers.Host));
        Assert.False(message.Headers.Contains("cf-cloudflared-proxy-connection-upgrade"));
    }

    [Fact]
    public void Trace_context_is_a_field_when_there_is_one()
    {
        Assert.False(Message().Headers.Contains("cf-trace-id"));
        _head.SetTraceContext("1:2:0:1"u8);

        Assert.Equal(["1:2:0:1"], Message().Headers.GetValues("cf-trace-id"));
    }

    private HttpRequestMessage Message() => RequestEncoding.Create(_head).Message;
}
