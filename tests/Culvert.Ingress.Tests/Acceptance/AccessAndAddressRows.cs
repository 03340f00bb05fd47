using System.Net;
using Culvert.Ingress.IpAccess;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Tests.Fixtures;

namespace Culvert.Ingress.Tests.Acceptance;

/// <summary>Sections 11.5 and 11.9.</summary>
public class AccessAndAddressRows
{
    [Theory]
    [InlineData("A01", "{required: true, teamName: team}", false)]
    [InlineData("A02", "{required: false}", false)]
    [InlineData("A03", "{required: true}", false)]
    [InlineData("A04", "{required: true, teamName: team, audTag: [aud]}", false)]
    [InlineData("A05", "{required: true, audTag: [aud]}", true)]
    public void Access_block_is_checked(string row, string block, bool refused)
    {
        var ingress = TestRules.Ingress($"ingress: [{{service: 'http_status:200', originRequest: {{access: {block}}}}}]");

        Assert.Equal((row, refused), (row, Record.Exception(() => ingress.ToSnapshot()) is IngressException));
    }

    [Theory]
    [InlineData("I01", null, new int[0], null)]
    [InlineData("I02", "1.1.1.1/24", new[] { 65536, 80 }, null)]
    [InlineData("I03", "1.1.1.1/24", new[] { 80, -1 }, null)]
    [InlineData("I04", "1.1.1.1/24", new[] { 443, 80 }, "prefix:1.1.1.0/24/port:[80 443]/allow:true")]
    [InlineData("I05", null, new[] { 80 }, null)]
    [InlineData("I06", "1.1.1.1", new int[0], null)]
    [InlineData("I07", "1.1.1.1/24", new int[0], "prefix:1.1.1.0/24/port:all/allow:true")]
    public void Address_rule_is_read_or_refused(string row, string? prefix, int[] ports, string? rule)
    {
        var text = new IpRuleText(prefix, ports, Allow: true);

        Assert.Equal(
            (row, rule),
            (row, Record.Exception(() => IpRule.Parse(text)) is IngressException ? null : IpRule.Parse(text).ToString()));
    }

    // E12: only where they count.
    [Theory]
    [InlineData("socks-proxy", "no prefix provided", "{ports: [80]}")]
    [InlineData("socks-proxy", "unable to parse cidr: 1.1.1.1", "{prefix: 1.1.1.1}")]
    [InlineData("socks-proxy", "invalid port 65536, needs to be between 1 and 65535", "{prefix: 1.1.1.1/8, ports: [65536]}")]
    [InlineData("http://h", null, "{prefix: 1.1.1.1}")]
    [InlineData("bastion", null, "{ports: [-1]}")]
    public void Bad_address_rule_is_an_error_of_a_socks_proxy(string service, string? reason, string rule)
    {
        var ingress = TestRules.Ingress($"ingress: [{{service: '{service}', originRequest: {{ipRules: [{rule}]}}}}]");

        Assert.Equal(
            reason is null ? null : "unable to create ip rule for socks-proxy: " + reason,
            Record.Exception(() => ingress.ToSnapshot())?.Message);
    }

    // The rules are written prefix ports allow; what decides is a rule's place, or -1.
    [Theory]
    [InlineData("I08", "", true, "1.2.3.4", 80, true, -1)]
    [InlineData("I09", "", false, "1.2.3.4", 80, false, -1)]
    [InlineData("I10", "1.2.3.0/24 80,443 true", false, "1.2.3.4", 80, true, 0)]
    [InlineData("I11", "1.2.3.0/24 80,443 true", false, "2.3.4.5", 80, false, -1)]
    [InlineData("I12", "1.2.3.0/24 53,80 false;2.3.4.0/24 53,80 true", false, "1.2.3.4", 80, false, 0)]
    [InlineData("I12", "1.2.3.0/24 53,80 false;2.3.4.0/24 53,80 true", false, "2.3.4.5", 80, true, 1)]
    [InlineData("I12", "1.2.3.0/24 53,80 false;2.3.4.0/24 53,80 true", false, "2.3.4.5", 81, false, -1)]
    public void Address_rules_decide(string row, string rules, bool otherwise, string address, int port, bool allowed, int by)
    {
        IpRule[] parsed = [
            .. rules.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(rule => rule.Split(' '))
                .Select(parts => IpRule.Parse(new IpRuleText(
                    parts[0], [.. parts[1].Split(',').Select(number => int.Parse(number, null))], bool.Parse(parts[2]))))];
        var policy = new IpAccessPolicy(parsed, otherwise);

        Assert.Equal((row, allowed), (row, policy.Allows(IPAddress.Parse(address), port, out var decided)));
        Assert.Equal(by, Array.IndexOf(parsed, decided));
    }
}
