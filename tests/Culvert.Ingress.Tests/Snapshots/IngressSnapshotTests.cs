using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Ingress.Tests.Fixtures;

namespace Culvert.Ingress.Tests.Snapshots;

public class IngressSnapshotTests
{
    [Fact]
    public void Catch_all_has_one_rule_with_its_service()
    {
        var service = new OriginService.Status(503);

        Assert.Equal(service, Assert.Single(IngressSnapshot.CatchAll(service).Rules).Service);
    }

    [Fact]
    public void Catch_all_serves_every_host_and_path()
    {
        var snapshot = IngressSnapshot.CatchAll(new OriginService.HelloWorld());

        Assert.Equal(0, snapshot.Match("a.example"u8, "/"u8));
        Assert.Equal(0, snapshot.Match(""u8, ""u8));
    }

    [Fact]
    public void Without_rules_everything_is_503_with_zero_settings()
    {
        var snapshot = IngressSnapshot.WithoutRules(OriginRequest.Default);
        var rule = Assert.Single(snapshot.Rules);

        Assert.Equal(new OriginService.Status(503) { InsteadOfRules = true }, rule.Service);
        Assert.Equal(OriginRequest.Zero, rule.OriginRequest);
        Assert.Equal(OriginRequest.Default, snapshot.Defaults);
    }

    // Section 1.4 and 1.5, beside rows M01 to M13.
    [Theory]
    [InlineData("M\u00d4\u00d4.cloudflare.com", "", "m\u00f4\u00f4.cloudflare.com", "/", false)]
    [InlineData("xn--m-xgaa.cloudflare.com", "", "m\u00f4\u00f4.cloudflare.com", "/", false)]
    [InlineData("*example.com", "", "*example.com", "/", true)]
    [InlineData("*.example.com", "", ".example.com", "/", true)]
    [InlineData("*.example.com", "", "example.com", "/", false)]
    [InlineData("*.example.com", "", "aexample.com", "/", false)]
    [InlineData("*.example.com", "", "a.EXAMPLE.com", "/", false)]
    [InlineData("example.com", "", "EXAMPLE.com", "/", false)]
    [InlineData("Example.COM", "", "Example.COM", "/", true)]
    [InlineData("Example.COM", "", "example.com", "/", true)]
    [InlineData("Foo_bar.Example.com", "", "foo_bar.example.com", "/", false)]
    [InlineData("*.Example.com", "", "a.example.com", "/", false)]
    [InlineData("example.com.", "", "example.com", "/", false)]
    [InlineData("*.", "", "a.", "/", true)]
    [InlineData("::1", "", "[::1]:80", "/", true)]
    [InlineData("[::1]", "", "[::1]", "/", true)]
    [InlineData("a.com", "", "a.com:", "/", true)]
    [InlineData("a.com", "", "a.com:x", "/", true)]
    [InlineData("a.com", "", "a.com:1:2", "/", false)]
    public void Rule_matches_or_not(string hostname, string pathPattern, string host, string path, bool expected) =>
        Assert.Equal(
            expected ? 0 : 1,
            TestRules.Snapshot(TestRules.Rule(hostname, pathPattern, "http://h"), TestRules.CatchAll).Match(host, path));
}
