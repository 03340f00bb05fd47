using System.Net;
using System.Text;
using Culvert.Edge.Tests.Fixtures;
using Culvert.Edge.Visitors;
using Culvert.Transports.Streams;
using Microsoft.AspNetCore.Http.Features;

namespace Culvert.Edge.Tests.Visitors;

public class VisitorRequestTests
{
    private readonly RequestHead _head = new();

    [Fact]
    public void Line_and_fields_are_carried_as_they_came()
    {
        var visitor = new FakeVisitor("PATCH", "/a//b/../%2f?x=%zz#f", "Demo.Example:8080");
        visitor.Request.Headers["X-Two"] = new(["1", "2"]);
        visitor.Request.Headers["User-Agent"] = "u";
        Assert.True(VisitorRequest.TryRead(visitor.Visitor, _head));

        Assert.Equal("PATCH", Text(_head.Method));
        Assert.Equal("Demo.Example:8080", Text(_head.Authority));
        Assert.Equal("/a//b/../%2f?x=%zz#f", Text(_head.Target));
        Assert.Equal(StreamKind.Http, _head.Kind);
        Assert.Equal(["1", "2"], Values("X-Two"));
        Assert.Equal(["u"], Values("User-Agent"));
    }

    [Theory]
    [InlineData("http://demo.example/a?b", "/a?b")]
    [InlineData("http://demo.example", "/")]
    [InlineData("http://demo.example?b", "/?b")]
    [InlineData("https://other.example:1/a//b", "/a//b")]
    public void Absolute_target_is_reduced_to_path_and_query(string target, string expected)
    {
        Assert.True(VisitorRequest.TryRead(new FakeVisitor(target: target).Visitor, _head));
        Assert.Equal(expected, Text(_head.Target));
    }

    [Theory]
    [InlineData("*")]
    [InlineData("demo.example:443")]
    [InlineData("")]
    public void Other_targets_cannot_be_carried(string target) =>
        Assert.False(VisitorRequest.TryRead(new FakeVisitor(target: target).Visitor, _head));

    [Theory]
    [InlineData("Cf-Warp-Tag-Id")]
    [InlineData("cf-int-x")]
    [InlineData("CF-CLOUDFLARED-PROXY-CONNECTION-UPGRADE")]
    [InlineData("cf-cloudflared-proxy-src")]
    [InlineData("cf-proxy-x")]
    [InlineData("cf-trace-id")]
    [InlineData("Connection")]
    [InlineData("Transfer-Encoding")]
    [InlineData("TE")]
    [InlineData("Expect")]
    public void Reserved_and_hop_fields_of_a_visitor_stay_behind(string name)
    {
        var visitor = new FakeVisitor();
        visitor.Request.Headers[name] = "forged";
        Assert.True(VisitorRequest.TryRead(visitor.Visitor, _head));

        Assert.Empty(Values(name));
    }

    [Fact]
    public void Identity_is_the_edges_word()
    {
        var visitor = new FakeVisitor();
        visitor.Request.Headers["CF-Connecting-IP"] = "6.6.6.6";
        visitor.Request.Headers["CF-Ray"] = "forged";
        visitor.Request.Headers["X-Forwarded-Proto"] = "https";
        visitor.Request.Headers["X-Forwarded-For"] = new(["10.0.0.1", "10.0.0.2"]);
        Assert.True(VisitorRequest.TryRead(visitor.Visitor, _head));

        Assert.Equal(["192.0.2.7"], Values("CF-Connecting-IP"));
        Assert.Equal([visitor.Visitor.Ray.ToString()], Values("CF-Ray"));
        Assert.Equal(["http"], Values("X-Forwarded-Proto"));
        Assert.Equal(["10.0.0.1,10.0.0.2, 192.0.2.7"], Values("X-Forwarded-For"));
    }

    [Theory]
    [InlineData("::ffff:192.0.2.9", "192.0.2.9")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    public void Address_is_written_in_its_usual_form(string address, string expected)
    {
        var visitor = new FakeVisitor();
        visitor.Connection.RemoteIpAddress = IPAddress.Parse(address);
        Assert.True(VisitorRequest.TryRead(visitor.Visitor, _head));

        Assert.Equal([expected], Values("CF-Connecting-IP"));
        Assert.Equal([expected], Values("X-Forwarded-For"));
    }

    [Fact]
    public void Connection_field_cannot_take_the_identity_away()
    {
        var visitor = new FakeVisitor();
        visitor.Request.Headers.Connection = "cf-connecting-ip, x-forwarded-for, x-hop";
        visitor.Request.Headers["X-Hop"] = "1";
        Assert.True(VisitorRequest.TryRead(visitor.Visitor, _head));

        Assert.Equal(["192.0.2.7"], Values("CF-Connecting-IP"));
        Assert.Equal(["192.0.2.7"], Values("X-Forwarded-For"));
        Assert.Empty(Values("X-Hop"));
    }

    [Theory]
    [InlineData(null, "identity")]
    [InlineData("br", "br")]
    public void Encoding_is_always_named(string? sent, string expected)
    {
        var visitor = new FakeVisitor();
        if (sent is not null)
        {
            visitor.Request.Headers.AcceptEncoding = sent;
        }

        Assert.True(VisitorRequest.TryRead(visitor.Visitor, _head));
        Assert.Equal([expected], Values("Accept-Encoding"));
    }

    [Theory]
    [InlineData("websocket", true, StreamKind.WebSocket)]
    [InlineData("WebSocket", true, StreamKind.WebSocket)]
    [InlineData("h2c", true, StreamKind.Http)]
    [InlineData("websocket", false, StreamKind.Http)]
    public void Upgrade_to_a_WebSocket_is_one_when_the_server_can(string upgrade, bool allowed, StreamKind expected)
    {
        var visitor = new FakeVisitor();
        visitor.AllowUpgrade(allowed);
        visitor.Request.Headers.Upgrade = upgrade;
        visitor.Request.Headers.ContentLength = 5;
        Assert.True(VisitorRequest.TryRead(visitor.Visitor, _head));

        Assert.Equal(expected, _head.Kind);
        Assert.Equal(expected == StreamKind.Http ? 5 : null, _head.ContentLength);
        Assert.Equal(expected == StreamKind.Http, _head.HasBody);
        Assert.Empty(Values("Upgrade"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Server_knows_whether_a_body_can_come(bool can)
    {
        var visitor = new FakeVisitor();
        visitor.Features.Set<IHttpRequestBodyDetectionFeature>(new Detection(can));
        Assert.True(VisitorRequest.TryRead(visitor.Visitor, _head));

        Assert.Equal(can, _head.HasBody);
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    private IEnumerable<string> Values(string name) =>
        Enumerable.Range(0, _head.Headers.Count).Where(i => _head.Headers[i].Is(Encoding.Latin1.GetBytes(name)))
            .Select(i => _head.Headers[i].ValueText);

    private sealed record Detection(bool CanHaveBody) : IHttpRequestBodyDetectionFeature;
}
