using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Snapshots;
using Culvert.Ingress.Tests.Fixtures;

namespace Culvert.Ingress.Tests.Rules;

public class RuleValidationTests
{
    private const string Port = "Hostname cannot contain a port";
    private const string Last = "The last ingress rule must match all URLs (i.e. it should not have a hostname or path filter)";

    private const string Wildcard =
        "Hostname patterns can have at most one wildcard character (\"*\") and it can only be used for subdomains, e.g. " +
        "\"*.example.com\"";

    // P31, P17 and the hostname table of section 1.3.
    [Theory]
    [InlineData("example.com:443", Port)]
    [InlineData("example.com:", Port)]
    [InlineData(":443", Port)]
    [InlineData("[::1]:80", Port)]
    [InlineData("http://a.com", Port)]
    [InlineData("https://a.com/x", Port)]
    [InlineData("**", Wildcard)]
    [InlineData("a*", Wildcard)]
    [InlineData("*.*.com", Wildcard)]
    [InlineData("test.*.example.com", Wildcard)]
    public void Hostname_is_refused(string hostname, string error) =>
        Assert.Equal(error, TestRules.ErrorOf(TestRules.Rule(hostname, "", "http://h"), TestRules.CatchAll));

    [Theory]
    [InlineData("::1")]
    [InlineData("[::1]")]
    [InlineData("a/b")]
    [InlineData("a b.com")]
    [InlineData("a..b")]
    [InlineData("-a.com")]
    [InlineData("xn--a")]
    [InlineData("*example.com")]
    [InlineData("*.")]
    public void Hostname_is_accepted_and_matches_itself(string hostname)
    {
        var snapshot = TestRules.Snapshot(TestRules.Rule(hostname, "", "http://h"), TestRules.CatchAll);

        Assert.Equal(hostname == "[::1]" ? 1 : 0, snapshot.Match(hostname == "[::1]" ? "[::1]:80" : hostname, "/"));
    }

    [Theory]
    [InlineData("example.com", "")] // P12
    [InlineData("", "/subpath1/(.*)/subpath2")] // P14
    [InlineData("*", "/x")]
    [InlineData("\uFFFD.cloudflare.com", "")] // P10
    public void Last_rule_has_to_match_everything(string hostname, string path) =>
        Assert.Equal(Last, TestRules.ErrorOf(TestRules.Rule(hostname, path, "http://h")));

    [Fact]
    public void Catch_all_is_refused_before_the_last_rule() // P13
    {
        var rule = TestRules.Rule("example.com", "", "http://h");

        Assert.StartsWith(
            "Rule #1 is matching the hostname '*', but", TestRules.ErrorOf(TestRules.Rule("*", "", "http://h"), rule),
            StringComparison.Ordinal);
        Assert.StartsWith(
            "Rule #2 is matching the hostname '', but", TestRules.ErrorOf(rule, TestRules.CatchAll, TestRules.CatchAll),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Every_host_with_a_path_may_come_before_others() =>
        Assert.Equal(0, TestRules.Snapshot(TestRules.Rule("*", "x", "http://h"), TestRules.CatchAll).Match("a", "/x"));

    [Fact]
    public void First_error_is_reported_in_order_of_rules_then_service_access_hostname_path()
    {
        var badPath = TestRules.Rule("", "*/subpath2", "http://h"); // P15
        var badService = TestRules.Rule("a:1", "", "localhost:8000");
        var badAccess = new RuleDefinition
        {
            Hostname = "a:1",
            Service = "http://h",
            OriginRequest = new OriginRequestOverrides { Access = new AccessSettings { Required = true, AudienceTags = ["x"] } },
        };

        Assert.Equal(
            "Rule #1 has an invalid regex: error parsing regexp: missing argument to repetition operator: `*`",
            TestRules.ErrorOf(badPath, badService, TestRules.CatchAll));
        Assert.Contains("invalid address", TestRules.ErrorOf(badService, badPath, TestRules.CatchAll), StringComparison.Ordinal);
        Assert.Equal(
            "access.TeamName cannot be blank when access.audTags are present", TestRules.ErrorOf(badAccess, TestRules.CatchAll));
        Assert.StartsWith(
            "Rule #2 has an invalid regex", TestRules.ErrorOf(TestRules.Rule("a", "", "http://h"), badPath, TestRules.CatchAll),
            StringComparison.Ordinal);
    }

    // A01-A05.
    [Theory]
    [InlineData(true, "team", false, true)]
    [InlineData(false, "", false, false)]
    [InlineData(true, "", false, true)]
    [InlineData(true, "team", true, true)]
    [InlineData(false, "", true, false)]
    public void Access_block_is_accepted(bool required, string team, bool tags, bool enforced)
    {
        var access = new AccessSettings { Required = required, TeamName = team, AudienceTags = tags ? ["x"] : null };
        var rule = new RuleDefinition { Service = "http://h", OriginRequest = new OriginRequestOverrides { Access = access } };

        Assert.Equal(enforced, TestRules.Snapshot(rule).Rules[0].RequiresAccess);
    }

    [Fact]
    public void Inherited_access_is_shown_but_not_enforced()
    {
        var access = new AccessSettings { Required = true, AudienceTags = ["x"] };
        var rule = IngressSnapshot.Create([TestRules.CatchAll], new OriginRequestOverrides { Access = access }).Rules[0];

        Assert.Same(access, rule.OriginRequest.Access);
        Assert.False(rule.RequiresAccess);
    }

    [Fact]
    public void Number_of_rules_is_bounded()
    {
        var rules = Enumerable.Repeat(TestRules.CatchAll, IngressSnapshot.MaxRules + 1).ToArray();

        Assert.Equal("100001 ingress rules are more than the 100000 that are possible", TestRules.ErrorOf(rules));
    }
}
