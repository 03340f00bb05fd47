using System.Text;
using Culvert.Ingress.Configuration;
using Culvert.Ingress.IpAccess;
using Culvert.Ingress.Remote;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Services;

namespace Culvert.Ingress.Tests.Remote;

public class RemoteConfigurationTests
{
    private const string Sample = """
        {"ingress":[{"hostname":"jira.tunnel.org","path":"^/login","service":"http://192.16.19.1:443","originRequest":{"noTLSVerify":true,"connectTimeout":10}},
        {"hostname":"jira.tunnel.org","service":"http://172.32.20.6:80","originRequest":{"noTLSVerify":true,"connectTimeout":30}},{"service":"http_status:404"}],
        "unknown":1,"originRequest":{"connectTimeout":90,"noHappyEyeballs":true},"warp-routing":{"connectTimeout":10}}
        """;

    [Fact]
    public void U02_settings_are_inherited()
    {
        var configuration = Parse(Sample);
        var snapshot = configuration.ToSnapshot();

        Assert.Equal([10, 30, 90], snapshot.Rules.Select(rule => rule.OriginRequest.ConnectTimeout.TotalSeconds));
        Assert.Equal([true, true, false], snapshot.Rules.Select(rule => rule.OriginRequest.NoTlsVerify));
        Assert.All(snapshot.Rules, rule => Assert.True(rule.OriginRequest.NoHappyEyeballs));
        Assert.Equal(TimeSpan.FromSeconds(10), configuration.WarpRouting.ConnectTimeout);
        Assert.Equal(0, snapshot.Match("jira.tunnel.org"u8, "/login/2fa"u8));
        Assert.Equal(1, snapshot.Match("jira.tunnel.org"u8, "/users"u8));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("{\"ingress\":null}")]
    [InlineData("{\"ingress\":[]}")]
    [InlineData("{\"originRequest\":null,\"warp-routing\":null}")]
    public void Without_rules_everything_is_503(string json) =>
        Assert.Equal(
            new OriginService.Status(503) { InsteadOfRules = true }, Assert.Single(Parse(json).ToSnapshot().Rules).Service);

    [Fact]
    public void Keys_may_be_in_any_case() =>
        Assert.True(Parse("{\"INGRESS\":[{\"SERVICE\":\"http://a\",\"originrequest\":{\"NOTLSVERIFY\":true}}]}")
            .ToSnapshot().Rules[0].OriginRequest.NoTlsVerify);

    // Sections 3.2 and 6.5.
    [Theory]
    [InlineData("", "unexpected end of JSON input")]
    [InlineData("{\"ingress\":", "unexpected end of JSON input")]
    [InlineData("[]", "json: cannot unmarshal array into Go value of type ingress.RemoteConfigJSON")]
    [InlineData("{}true", "invalid character 't' after top-level value")]
    [InlineData("x", "invalid character 'x' looking for beginning of value")]
    [InlineData("{\"originRequest\":}", "invalid character '}' at line 1, column 18")]
    [InlineData(
        "{\"ingress\":[{\"originRequest\":{\"noTLSVerify\":\"true\"}}]}",
        "json: cannot unmarshal string into Go struct field OriginRequestConfig.ingress.originRequest.noTLSVerify of type bool")]
    [InlineData(
        "{\"ingress\":[{\"service\":404}]}",
        "json: cannot unmarshal number into Go struct field UnvalidatedIngressRule.ingress.service of type string")]
    [InlineData(
        "{\"warp-routing\":{\"maxActiveFlows\":-1}}",
        "json: cannot unmarshal number -1 into Go struct field WarpRoutingConfig.warp-routing.maxActiveFlows of type uint64")]
    [InlineData("{\"originRequest\":{\"connectTimeout\":1.5}}", "strconv.ParseInt: parsing \"1.5\": invalid syntax")]
    [InlineData("{\"originRequest\":{\"connectTimeout\":1e3}}", "strconv.ParseInt: parsing \"1e3\": invalid syntax")]
    [InlineData("{\"originRequest\":{\"connectTimeout\":\"30\"}}", "strconv.ParseInt: parsing \"\\\"30\\\"\": invalid syntax")]
    [InlineData("{\"originRequest\":{\"connectTimeout\":true}}", "strconv.ParseInt: parsing \"true\": invalid syntax")]
    [InlineData(
        "{\"originRequest\":{\"connectTimeout\":99999999999999999999}}",
        "strconv.ParseInt: parsing \"99999999999999999999\": value out of range")]
    [InlineData(
        "{\"originRequest\":{\"connectTimeout\":9223372037}}", "strconv.ParseInt: parsing \"9223372037\": value out of range")]
    [InlineData("{\"ingress\":[{\"service\":\"\\ud800\"}]}", "json: ingress.service is not valid UTF-8")]
    public void What_is_no_configuration_is_refused(string json, string error) =>
        Assert.Equal(error, Assert.Throws<IngressException>(() => Parse(json)).Message);

    [Theory]
    [InlineData("0", 0)]
    [InlineData("-5", -5)]
    [InlineData("9223372036", 9223372036)]
    public void Duration_is_whole_seconds(string literal, long seconds) =>
        Assert.Equal(
            TimeSpan.FromSeconds(seconds),
            Parse($"{{\"originRequest\":{{\"connectTimeout\":{literal}}}}}").OriginRequest.ConnectTimeout);

    [Fact]
    public void Largest_flow_limit_is_read() =>
        Assert.Equal(
            ulong.MaxValue, Parse("{\"warp-routing\":{\"maxActiveFlows\":18446744073709551615}}").WarpRouting.MaxActiveFlows);

    [Fact]
    public void Command_line_ignores_what_the_file_model_lacks() =>
        Assert.Single(
            RemoteConfiguration.ParseCommandLine(
                "{\"warp-routing\":5,\"tunnel\":5,\"ingress\":[{\"service\":\"http_status:404\"}]}").Rules);

    [Fact]
    public void U13_local_configuration_can_be_read_again()
    {
        var first = Parse("""
            {"originRequest":{"connectTimeout":160,"httpHostHeader":"default"},"ingress":[
            {"hostname":"tun.example.com","service":"http://192.0.0.1:80","originRequest":{"tlsTimeout":60,"httpHostHeader":"other","ipRules":[
            {"prefix":"10.0.0.0/8","ports":[80,8080],"allow":true},{"prefix":"fc00::/7","ports":[443],"allow":false}]}},
            {"hostname":"*","service":"https://192.0.0.1:443","originRequest":{"noTLSVerify":true}}],"warp-routing":{"connectTimeout":1}}
            """);
        var again = RemoteConfiguration.Parse(ConfigurationJson.WriteLocal(first.ToSnapshot(), first.WarpRouting));
        var rules = again.ToSnapshot().Rules;

        Assert.Equal(
            new WarpRouting { ConnectTimeout = TimeSpan.FromSeconds(1), TcpKeepAlive = TimeSpan.FromSeconds(30) },
            again.WarpRouting);
        Assert.Equal(2, rules.Count);
        Assert.All(first.ToSnapshot().Rules.Zip(rules), pair =>
        {
            Assert.Equal(
                (pair.First.Hostname, pair.First.Service, pair.First.OriginRequest with { IpRules = [] }),
                (pair.Second.Hostname, pair.Second.Service, pair.Second.OriginRequest with { IpRules = [] }));
            Assert.Equal(
                pair.First.OriginRequest.IpRules.Select(rule => IpRule.Parse(rule).ToString()),
                pair.Second.OriginRequest.IpRules.Select(rule => IpRule.Parse(rule).ToString()));
        });
        Assert.Equal((160, 60, "other"), (
            rules[0].OriginRequest.ConnectTimeout.TotalSeconds, rules[0].OriginRequest.TlsTimeout.TotalSeconds,
            rules[0].OriginRequest.HttpHostHeader));
        Assert.Equal((160, true, "default"), (
            rules[1].OriginRequest.ConnectTimeout.TotalSeconds, rules[1].OriginRequest.NoTlsVerify,
            rules[1].OriginRequest.HttpHostHeader));
    }

    [Fact]
    public void Deep_nesting_is_refused() =>
        Assert.Throws<IngressException>(() => Parse(string.Concat(Enumerable.Repeat("{\"ingress\":[", 100_000))));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Damaged_configuration_is_read_or_refused_but_nothing_else(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 5000; round++)
        {
            var json = Encoding.UTF8.GetBytes(Sample);
            for (var damage = random.Next(1, 4); damage > 0; damage--)
            {
                json[random.Next(json.Length)] = random.Next(2) == 0 ? (byte)random.Next(256) : "[]{}:,\"0-n"u8[random.Next(10)];
            }

            try
            {
                Assert.NotEmpty(RemoteConfiguration.Parse(json).ToSnapshot().Rules);
            }
            catch (IngressException e)
            {
                Assert.NotEmpty(e.Message);
            }
        }
    }

    private static IngressConfiguration Parse(string json) => RemoteConfiguration.Parse(Encoding.UTF8.GetBytes(json));
}
