using System.Text;
using Culvert.Engine.Routing;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Tests.Routing;

public class RequestRouteTests
{
    [Theory]
    [InlineData("example.com", "example.com")]
    [InlineData("example.com:8080", "example.com")]
    [InlineData("127.0.0.1:80", "127.0.0.1")]
    [InlineData("[::1]:8080", "[::1]")]
    [InlineData("[::1]", "[::1]")]
    [InlineData("::1", "::1")]
    [InlineData("example.com:http", "example.com:http")]
    [InlineData("a:b:80", "a:b:80")]
    [InlineData("", "")]
    public void Port_is_cut_off_only_where_there_is_one(string authority, string expected) =>
        Assert.Equal(expected, Encoding.Latin1.GetString(RequestRoute.HostWithoutPort(Encoding.Latin1.GetBytes(authority))));

    [Fact]
    public void Every_request_finds_the_catch_all()
    {
        var head = new RequestHead();
        head.SetLine("GET", "example.com:80", "/a?b");

        Assert.Equal(0, RequestRoute.Find(IngressSnapshot.CatchAll(new OriginService.Status(404)), head));
    }

    [Fact]
    public void Finding_a_rule_allocates_nothing()
    {
        var snapshot = IngressSnapshot.CatchAll(new OriginService.Status(404));
        var head = new RequestHead();
        head.SetLine("GET", "example.com:80", "/a?b");
        var least = long.MaxValue;
        for (var i = 0; i < 100; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            RequestRoute.Find(snapshot, head);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }
}
