using System.Net;
using Culvert.Engine.Origins.AccessRules;

namespace Culvert.Engine.Tests.Origins.AccessRules;

/// <summary>Rules of the SOCKS5 service (ingress-and-config, sections 3.7 and 11.9).</summary>
public sealed class IPRuleTests
{
    [Theory]
    [InlineData("1.1.1.1/24", "prefix:1.1.1.0/24/port:[80 443]/allow:true")]
    [InlineData("::ffff:1.2.3.4/120", "prefix:1.2.3.0/24/port:[80 443]/allow:true")]
    [InlineData("2001:db8::1/32", "prefix:2001:db8::/32/port:[80 443]/allow:true")]
    public void Network_is_masked_and_ports_are_sorted(string prefix, string text) =>
        Assert.Equal(text, IPRule.Parse(prefix, [443, 80], allow: true).ToString());

    [Fact]
    public void Rule_without_ports_shows_all() =>
        Assert.Equal("prefix:10.0.0.0/8/port:all/allow:false", IPRule.Parse("10.0.0.0/8", [], allow: false).ToString());

    [Theory]
    [InlineData(null, 80, "no prefix provided")]
    [InlineData("", 80, "no prefix provided")]
    [InlineData("1.1.1.1", 80, "unable to parse cidr: 1.1.1.1")]
    [InlineData("1.1.1.1/33", 80, "unable to parse cidr: 1.1.1.1/33")]
    [InlineData(" 1.1.1.1/24", 80, "unable to parse cidr:  1.1.1.1/24")]
    [InlineData("1.1/24", 80, "unable to parse cidr: 1.1/24")]
    [InlineData("example.com/24", 80, "unable to parse cidr: example.com/24")]
    [InlineData("1.1.1.1/24", 0, "invalid port 0, needs to be between 1 and 65535")]
    [InlineData("1.1.1.1/24", 65536, "invalid port 65536, needs to be between 1 and 65535")]
    public void Invalid_rule_is_refused_with_the_originals_text(string? prefix, int port, string text) =>
        Assert.Equal(text, Assert.Throws<FormatException>(() => IPRule.Parse(prefix, [port], allow: true)).Message);

    [Theory]
    [InlineData("1.2.3.4", 80, false, 0)]
    [InlineData("2.3.4.5", 80, true, 1)]
    [InlineData("2.3.4.5", 81, false, -1)]
    [InlineData("::ffff:2.3.4.5", 80, true, 1)]
    [InlineData("9.9.9.9", 80, false, -1)]
    public void First_rule_that_covers_decides_and_nothing_else_is_allowed(string address, int port, bool allowed, int rule)
    {
        IPRule[] rules = [IPRule.Parse("1.2.3.0/24", [53, 80], allow: false), IPRule.Parse("2.3.4.0/24", [53, 80], allow: true)];

        Assert.Equal((allowed, rule < 0 ? null : rules[rule]), new IPPolicy(rules).Decide(IPAddress.Parse(address), port));
    }

    [Fact]
    public void Ipv4_rule_does_not_cover_ipv6() =>
        Assert.False(IPRule.Parse("0.0.0.0/0", null, allow: true).Covers(IPAddress.IPv6Loopback, 80));
}
