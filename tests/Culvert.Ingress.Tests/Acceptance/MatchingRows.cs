using Culvert.Ingress.Tests.Fixtures;

namespace Culvert.Ingress.Tests.Acceptance;

/// <summary>Section 11.3: which rule serves a request.</summary>
public class MatchingRows
{
    private const string Unicode = "m\u00f4\u00f4.cloudflare.com";

    [Theory]
    [InlineData("M01", "example.com", "", "example.com", "/", true)]
    [InlineData("M02", Unicode, "", Unicode, "/", true)]
    [InlineData("M03", Unicode, "", "xn--m-xgaa.cloudflare.com", "/", true)]
    [InlineData("M05", "example.com", "", "foo.bar", "/", false)]
    [InlineData("M06", "*.example.com", "", "adam.example.com", "/", true)]
    [InlineData("M07", "*.example.com", "", "tunnel.com", "/", false)]
    [InlineData("M08", "*example.com", "", "www.example.com", "/", false)]
    [InlineData("M09", "*.example.com", "", "adam.chalmers.example.com", "/", true)]
    [InlineData("M10", "*.example.com", "/static/.*\\.html", "www.example.com", "/static/index.html", true)]
    [InlineData("M10", "*.example.com", "/static/.*\\.html", "www.example.com", "/static/index.css", false)]
    [InlineData("M11", "example.com", "()", "example.com", "/", true)]
    [InlineData("M12", "example.com", "", "example.com", "/", true)]
    [InlineData("M13", "*.api.abc.cloud", "", "testing-api.abc.cloud", "/", false)]
    public void Rule_matches_or_not(string row, string hostname, string pattern, string host, string path, bool matches)
    {
        var snapshot = TestRules.Snapshot(TestRules.Rule(hostname, pattern, "http://h"), TestRules.CatchAll);

        Assert.Equal((row, matches ? 0 : 1), (row, snapshot.Match(host, path)));
    }

    // Every host may be the last rule only, or have a path: both forms.
    [Theory]
    [InlineData("M04", "example.com")]
    [InlineData("M04", Unicode)]
    [InlineData("M04", "")]
    [InlineData("M04", "[::1]:80")]
    public void Star_matches_every_host(string row, string host)
    {
        Assert.Equal((row, 0), (row, TestRules.Snapshot(TestRules.Rule("*", "", "http://h")).Match(host, "/")));
        Assert.Equal(
            (row, 0), (row, TestRules.Snapshot(TestRules.Rule("*", "^/", "http://h"), TestRules.CatchAll).Match(host, "/")));
    }

    [Theory]
    [InlineData("F01", "tunnel-a.example.com", "/", 0)]
    [InlineData("F02", "tunnel-a.example.com", "/pages/about", 0)]
    [InlineData("F03", "tunnel-a.example.com:443", "/pages/about", 0)]
    [InlineData("F04", "tunnel-b.example.com", "/health", 1)]
    [InlineData("F05", "tunnel-b.example.com", "/index.html", 2)]
    [InlineData("F06", "tunnel-c.example.com", "/", 2)]
    public void First_rule_that_matches_is_found(string row, string host, string path, int rule)
    {
        var snapshot = TestRules.Snapshot(
            TestRules.Rule("tunnel-a.example.com", "", "http://a"),
            TestRules.Rule("tunnel-b.example.com", "/health", "http://b"),
            TestRules.Rule("*", "", "http://c"));

        Assert.Equal((row, rule), (row, snapshot.Match(host, path)));
    }
}
