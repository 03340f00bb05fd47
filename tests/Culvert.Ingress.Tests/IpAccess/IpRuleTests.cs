using System.Net;
using Culvert.Ingress.IpAccess;
using Culvert.Ingress.Rules;

namespace Culvert.Ingress.Tests.IpAccess;

public class IpRuleTests
{
    [Theory]
    [InlineData("1.1.1.1/24", "1.1.1.0/24")]
    [InlineData("::ffff:1.2.3.4/120", "1.2.3.0/24")]
    [InlineData("fc00::1/7", "fc00::/7")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0")]
    [InlineData("10.0.0.1/32", "10.0.0.1/32")]
    public void Host_bits_are_masked(string prefix, string network) => Assert.Equal(network, Rule(prefix).Network.ToString());

    // I02, I03, I05, I06.
    [Theory]
    [InlineData(null, "no prefix provided")]
    [InlineData("", "no prefix provided")]
    [InlineData("1.1.1.1", "unable to parse cidr: 1.1.1.1")]
    [InlineData(" 1.1.1.1/8", "unable to parse cidr:  1.1.1.1/8")]
    [InlineData("1.1.1.1/8 ", "unable to parse cidr: 1.1.1.1/8 ")]
    [InlineData("1.1.1.1/33", "unable to parse cidr: 1.1.1.1/33")]
    [InlineData("example.com/24", "unable to parse cidr: example.com/24")]
    [InlineData("10.1/16", "unable to parse cidr: 10.1/16")]
    [InlineData("1.1.1.1/-1", "unable to parse cidr: 1.1.1.1/-1")]
    [InlineData("1.1.1.1/08", "unable to parse cidr: 1.1.1.1/08")]
    [InlineData("fe80::1%eth0/64", "unable to parse cidr: fe80::1%eth0/64")]
    public void Prefix_is_refused(string? prefix, string error) =>
        Assert.Equal(error, Assert.Throws<IngressException>(() => IpRule.Parse(new IpRuleText(prefix, [], true))).Message);

    [Theory]
    [InlineData(65536)]
    [InlineData(-1)]
    [InlineData(0)]
    public void Port_is_refused(int port) =>
        Assert.Equal(
            $"invalid port {port}, needs to be between 1 and 65535",
            Assert.Throws<IngressException>(() => Rule("1.1.1.1/8", 80, port)).Message);

    [Fact]
    public void Rule_is_spelled_with_its_sorted_ports() // I04
    {
        Assert.Equal("prefix:1.1.1.0/24/port:[80 443]/allow:true", Rule("1.1.1.1/24", 443, 80).ToString());
        Assert.Equal("prefix:10.0.0.0/8/port:all/allow:true", Rule("10.0.0.0/8").ToString());
    }

    [Fact]
    public void First_rule_with_network_and_port_decides() // I08-I12
    {
        var deny = IpRule.Parse(new IpRuleText("1.2.3.0/24", [53, 80], false));
        var allow = IpRule.Parse(new IpRuleText("2.3.4.0/24", [53, 80], true));
        var policy = new IpAccessPolicy([deny, allow], allowByDefault: false);

        AssertDecision(policy, "1.2.3.4", 80, false, deny);
        AssertDecision(policy, "2.3.4.5", 80, true, allow);
        AssertDecision(policy, "::ffff:2.3.4.5", 53, true, allow);
        AssertDecision(policy, "2.3.4.5", 81, false, null);
        AssertDecision(new IpAccessPolicy([], allowByDefault: true), "2.3.4.5", 81, true, null);
        AssertDecision(new IpAccessPolicy([Rule("0.0.0.0/0")], allowByDefault: false), "::1", 80, false, null);
    }

    private static void AssertDecision(IpAccessPolicy policy, string address, int port, bool allowed, IpRule? by)
    {
        Assert.Equal(allowed, policy.Allows(IPAddress.Parse(address), port, out var decided));
        Assert.Same(by, decided);
    }

    private static IpRule Rule(string prefix, params int[] ports) => IpRule.Parse(new IpRuleText(prefix, ports, true));
}
