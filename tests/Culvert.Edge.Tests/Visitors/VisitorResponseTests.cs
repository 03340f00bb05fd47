using Culvert.Edge.Tests.Fixtures;
using Culvert.Edge.Visitors;
using Culvert.Transports.Streams;

namespace Culvert.Edge.Tests.Visitors;

public class VisitorResponseTests
{
    private readonly FakeVisitor _visitor = new();
    private readonly ResponseHead _head = new() { Status = 200 };

    [Fact]
    public void Fields_of_the_origin_reach_the_visitor_with_repetitions()
    {
        _head.Headers.Add("Set-Cookie", "a=1");
        _head.Headers.Add("Content-Length", "5");
        _head.Headers.Add("set-cookie", "b=2");
        _head.Status = 201;
        VisitorResponse.SetHead(_visitor.Visitor, _head);

        Assert.Equal(201, _visitor.Response.StatusCode);
        Assert.Equal("a=1|b=2", string.Join('|', _visitor.Response.Headers.SetCookie.ToArray()));
        Assert.Equal(5, _visitor.Response.Headers.ContentLength);
    }

    [Theory]
    [InlineData("cf-int-x", "1")]
    [InlineData("Cf-Cloudflared-Response-Meta", "1")]
    [InlineData("cf-proxy-x", "1")]
    [InlineData("Connection", "close")]
    [InlineData("Keep-Alive", "1")]
    [InlineData("Transfer-Encoding", "chunked")]
    [InlineData("Upgrade", "h2c")]
    [InlineData("X-Hop", "1")]
    [InlineData("bad name", "1")]
    [InlineData("", "1")]
    [InlineData("X-Split", "a\r\nSet-Cookie: x")]
    [InlineData("X-Null", "a\0")]
    [InlineData("Content-Length", "-5")]
    [InlineData("Content-Length", "5, 5")]
    public void What_may_not_leave_the_tunnel_stays_in_it(string name, string value)
    {
        _head.Headers.Add(name, value);
        _head.Headers.Add("Connection", "keep-alive, x-hop");
        VisitorResponse.SetHead(_visitor.Visitor, _head);

        Assert.Empty(_visitor.Response.Headers);
    }

    [Fact]
    public void Status_without_content_has_no_length()
    {
        _head.Status = 204;
        _head.Headers.Add("Content-Length", "0");
        VisitorResponse.SetHead(_visitor.Visitor, _head);

        Assert.Null(_visitor.Response.Headers.ContentLength);
    }
}
