using System.Buffers;
using System.Text;
using System.Text.Json;
using Culvert.Ingress.Configuration;
using Culvert.Ingress.IpAccess;
using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.PathPatterns;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Ingress.Tests.Fixtures;

namespace Culvert.Ingress.Tests.Configuration;

public class ConfigurationJsonTests
{
    [Theory]
    [InlineData("http://localhost:8080/")]
    [InlineData("https://[::1]:8443/")]
    public void Rules_are_told_as_compact_JSON(string address) =>
        Assert.Equal(
            """{"ingress":[{"service":"ADDRESS","originRequest":{}}],"warp-routing":{}}""".Replace(
                "ADDRESS", address.TrimEnd('/'), StringComparison.Ordinal),
            Local(IngressSnapshot.CatchAll(new OriginService.Http(new Uri(address)))));

    [Fact]
    public void Stand_in_for_rules_is_told_with_zeros() =>
        Assert.Equal(
            """{"ingress":[{"service":"http_status:503","originRequest":{"connectTimeout":0,"tlsTimeout":0,"tcpKeepAlive":0,"keepAliveConnections":0,"keepAliveTimeout":0,"proxyAddress":""}}],"warp-routing":{}}""",
            Local(IngressSnapshot.WithoutRules(OriginRequest.Default)));

    // The row has no rules at all; here there is always the one that stands in for them.
    [Fact]
    public void U12_flags_come_first_and_zeros_are_told() =>
        Assert.Equal(
            """{"__configuration_flags":{"a":"b"},"ingress":[RULE],"warp-routing":{"connectTimeout":0,"tcpKeepAlive":0}}""".Replace(
                "RULE", Local(IngressSnapshot.WithoutRules(OriginRequest.Default))[12..^20], StringComparison.Ordinal),
            Encoding.UTF8.GetString(ConfigurationJson.WriteLocal(
                IngressSnapshot.WithoutRules(OriginRequest.Default),
                new WarpRouting { ConnectTimeout = TimeSpan.Zero, TcpKeepAlive = TimeSpan.Zero },
                new Dictionary<string, string> { ["a"] = "b" }).Span));

    [Theory]
    [InlineData(1_500, "1.5")]
    [InlineData(1, "0.001")]
    [InlineData(0.0001, "1e-7")]
    [InlineData(-2_000, "-2")]
    [InlineData(60_000, "60")]
    public void Durations_are_seconds_in_the_shortest_form(double milliseconds, string json) =>
        Assert.Contains(
            $"{{\"connectTimeout\":{json}}}",
            Local(IngressSnapshot.CatchAll(
                new OriginService.HelloWorld(),
                OriginRequest.Default with
                {
                    ConnectTimeout = TimeSpan.FromTicks((long)(milliseconds * TimeSpan.TicksPerMillisecond)),
                })),
            StringComparison.Ordinal);

    [Fact]
    public void Only_what_HTML_could_misread_is_escaped()
    {
        var rule = TestRules.Rule("m\u00fcnchen.example", "<a>&'+`\"\\\\", "http://h");

        Assert.Contains(
            "\"hostname\":\"m\u00fcnchen.example\",\"path\":\"\\u003ca\\u003e\\u0026'+`\\\"\\\\\\\\\"",
            Local(TestRules.Snapshot(rule, TestRules.CatchAll)), StringComparison.Ordinal);
    }

    [Fact]
    public void Ip_rule_that_is_not_valid_is_told_as_an_empty_one()
    {
        var rules = new OriginRequestOverrides
        {
            IpRules = [new IpRuleText("x", [], true), new IpRuleText("10.1.1.1/8", [], true)],
        };

        Assert.Contains(
            """{"ipRules":[{"prefix":"\u003cnil\u003e","ports":null,"allow":false},{"prefix":"10.0.0.0/8","ports":null,"allow":true}]}""",
            Local(IngressSnapshot.Create([TestRules.CatchAll with { OriginRequest = rules }], OriginRequestOverrides.None)),
            StringComparison.Ordinal);
    }

    // R02 has a pattern object around nothing: here, as R01, a rule without a pattern. R03 cannot be written in a configuration.
    [Theory]
    [InlineData("R01", null, "null")]
    [InlineData("R02", null, "null")]
    [InlineData("R03", "", "\"\"")]
    [InlineData("R04", "/echo", "\"/echo\"")]
    public void Endpoint_shows_every_setting(string row, string? path, string shown)
    {
        var rule = TestRules.Snapshot(TestRules.Rule("example.com", "", "https://localhost:8000"), TestRules.CatchAll).Rules[0];
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            ConfigurationJson.WriteResolved(json, rule with { Path = path is null ? null : PathPattern.Parse(path) });
        }

        Assert.Equal(
            (
                row,
                """{"hostname":"example.com","path":PATH,"service":"https://localhost:8000","Handlers":null,"originRequest":{"connectTimeout":30,"tlsTimeout":10,"tcpKeepAlive":30,"noHappyEyeballs":false,"keepAliveTimeout":90,"keepAliveConnections":100,"httpHostHeader":"","originServerName":"","matchSNItoHost":false,"caPool":"","noTLSVerify":false,"disableChunkedEncoding":false,"bastionMode":false,"proxyAddress":"127.0.0.1","proxyPort":0,"proxyType":"","ipRules":null,"http2Origin":false,"access":{"teamName":"","audTag":null}}}""".Replace("PATH", shown, StringComparison.Ordinal)),
            (row, Encoding.UTF8.GetString(buffer.WrittenSpan)));
    }

    [Fact]
    public void Endpoint_begins_with_the_version_and_the_rules() =>
        Assert.StartsWith(
            """{"version":-1,"config":{"ingress":[{"hostname":"example.com","path":"/echo","service":"https://localhost:8000","Handlers":null,""",
            Encoding.UTF8.GetString(ConfigurationJson.WriteEndpoint(
                -1, TestRules.Snapshot(TestRules.Rule("example.com", "/echo", "https://localhost:8000"), TestRules.CatchAll),
                WarpRouting.Default).Span),
            StringComparison.Ordinal);

    private static string Local(IngressSnapshot snapshot) =>
        Encoding.UTF8.GetString(ConfigurationJson.WriteLocal(snapshot, WarpRouting.Default).Span);
}
