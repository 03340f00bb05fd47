using Culvert.Engine.Routing;
using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Tests.Routing;

public class RequestRouteTests
{
    [Theory]
    [InlineData("example.com", "/", 0)]
    [InlineData("example.com:8080", "/", 0)]
    [InlineData("[::1]:8080", "/", 1)]
    [InlineData("other.example", "/a%2Fb?c", 2)]
    [InlineData("other.example", "/?/a/b", 3)]
    [InlineData("EXAMPLE.com", "/", 3)]
    [InlineData("", "/", 3)]
    public void Host_counts_without_its_port_and_the_path_without_its_query(string authority, string target, int rule)
    {
        var head = new RequestHead();
        head.SetLine("GET", authority, target);
        var snapshot = IngressSnapshot.Create(
            [
                new RuleDefinition { Hostname = "example.com", Service = "http_status:200" },
                new RuleDefinition { Hostname = "::1", Service = "http_status:200" },
                new RuleDefinition { Path = "/a/b$", Service = "http_status:200" },
                new RuleDefinition { Service = "http_status:404" },
            ],
            new OriginRequestOverrides());

        Assert.Equal(rule, RequestRoute.Find(snapshot, head));
    }

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
