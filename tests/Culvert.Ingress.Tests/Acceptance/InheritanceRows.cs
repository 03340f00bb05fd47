using System.Text;
using Culvert.Ingress.Configuration;
using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.Remote;
using Culvert.Ingress.Services;
using Culvert.Ingress.Tests.Fixtures;

namespace Culvert.Ingress.Tests.Acceptance;

/// <summary>Section 11.6: settings of a rule, of all rules, and the defaults, in both formats.</summary>
public class InheritanceRows
{
    private const string YamlInherited = """
        originRequest:
          connectTimeout: 1m
          tlsTimeout: 1s
          tcpKeepAlive: 1s
          noHappyEyeballs: true
          keepAliveTimeout: 1s
          keepAliveConnections: 1
          httpHostHeader: abc
          originServerName: a1
          matchSNItoHost: true
          caPool: /tmp/path0
          noTLSVerify: true
          disableChunkedEncoding: true
          bastionMode: True
          proxyAddress: 127.1.2.3
          proxyPort: 100
          proxyType: socks5
          http2Origin: true
          ipRules:
            - {prefix: "10.0.0.0/8", ports: [80, 8080], allow: false}
            - {prefix: "fc00::/7", ports: [443, 4443], allow: true}

        """;

    private const string YamlRules = """
        ingress:
          - hostname: tun.example.com
            service: https://localhost:8000
          - hostname: "*"
            service: https://localhost:8001
            originRequest:
              connectTimeout: 2m
              tlsTimeout: 2s
              tcpKeepAlive: 2s
              noHappyEyeballs: false
              keepAliveTimeout: 2s
              keepAliveConnections: 2
              httpHostHeader: def
              originServerName: b2
              matchSNItoHost: false
              caPool: /tmp/path1
              noTLSVerify: false
              disableChunkedEncoding: false
              bastionMode: false
              proxyAddress: interface
              proxyPort: 200
              proxyType: ""
              http2Origin: false
              ipRules:
                - {prefix: "10.0.0.0/16", ports: [3000, 3030], allow: false}
                - {prefix: "192.16.0.0/24", ports: [5000, 5050], allow: true}
        """;

    private const string JsonInherited = """
        "originRequest":{"connectTimeout":60,"tlsTimeout":1,"tcpKeepAlive":1,"noHappyEyeballs":true,"keepAliveTimeout":1,
        "keepAliveConnections":1,"httpHostHeader":"abc","originServerName":"a1","matchSNItoHost":true,"caPool":"/tmp/path0",
        "noTLSVerify":true,"disableChunkedEncoding":true,"bastionMode":true,"proxyAddress":"127.1.2.3","proxyPort":100,
        "proxyType":"socks5","http2Origin":true,"ipRules":[{"prefix":"10.0.0.0/8","ports":[80,8080],"allow":false},
        {"prefix":"fc00::/7","ports":[443,4443],"allow":true}]},
        """;

    private const string JsonRules = """
        "ingress":[{"hostname":"tun.example.com","service":"https://localhost:8000"},
        {"hostname":"*","service":"https://localhost:8001","originRequest":{"connectTimeout":120,"tlsTimeout":2,"tcpKeepAlive":2,
        "noHappyEyeballs":false,"keepAliveTimeout":2,"keepAliveConnections":2,"httpHostHeader":"def","originServerName":"b2",
        "matchSNItoHost":false,"caPool":"/tmp/path1","noTLSVerify":false,"disableChunkedEncoding":false,"bastionMode":false,
        "proxyAddress":"interface","proxyPort":200,"proxyType":"","http2Origin":false,
        "ipRules":[{"prefix":"10.0.0.0/16","ports":[3000,3030],"allow":false},
        {"prefix":"192.16.0.0/24","ports":[5000,5050],"allow":true}]}}],"warp-routing":{"enabled":true}}
        """;

    private static readonly OriginRequest Inherited = new()
    {
        ConnectTimeout = TimeSpan.FromMinutes(1),
        TlsTimeout = TimeSpan.FromSeconds(1),
        TcpKeepAlive = TimeSpan.FromSeconds(1),
        NoHappyEyeballs = true,
        KeepAliveTimeout = TimeSpan.FromSeconds(1),
        KeepAliveConnections = 1,
        HttpHostHeader = "abc",
        OriginServerName = "a1",
        MatchSniToHost = true,
        CaPool = "/tmp/path0",
        NoTlsVerify = true,
        DisableChunkedEncoding = true,
        BastionMode = true,
        ProxyAddress = "127.1.2.3",
        ProxyPort = 100,
        ProxyType = "socks5",
        Http2Origin = true,
    };

    private static readonly OriginRequest Own = new()
    {
        ConnectTimeout = TimeSpan.FromMinutes(2),
        TlsTimeout = TimeSpan.FromSeconds(2),
        TcpKeepAlive = TimeSpan.FromSeconds(2),
        KeepAliveTimeout = TimeSpan.FromSeconds(2),
        KeepAliveConnections = 2,
        HttpHostHeader = "def",
        OriginServerName = "b2",
        CaPool = "/tmp/path1",
        ProxyAddress = "interface",
        ProxyPort = 200,
    };

    [Theory]
    [InlineData("O01", false)]
    [InlineData("O02", true)]
    public void Rule_has_its_own_settings_or_the_inherited_ones(string row, bool json)
    {
        var rules = Read(json, inherited: true).ToSnapshot().Rules;

        AssertSettings(row, Inherited, "10.0.0.0/8 80,8080 False;fc00::/7 443,4443 True", rules[0].OriginRequest);
        AssertSettings(row, Own, "10.0.0.0/16 3000,3030 False;192.16.0.0/24 5000,5050 True", rules[1].OriginRequest);
        Assert.IsType<OriginService.Bastion>(rules[0].Service);
        Assert.IsType<OriginService.Http>(rules[1].Service);
    }

    [Theory]
    [InlineData("O03", false)]
    [InlineData("O03", true)]
    public void Rule_has_its_own_settings_or_the_defaults(string row, bool json)
    {
        var rules = Read(json, inherited: false).ToSnapshot().Rules;

        AssertSettings(row, OriginRequest.Default, "", rules[0].OriginRequest);
        AssertSettings(row, Own, "10.0.0.0/16 3000,3030 False;192.16.0.0/24 5000,5050 True", rules[1].OriginRequest);
    }

    [Theory]
    [InlineData("O04")]
    public void Rule_and_defaults_are_kept_apart(string row)
    {
        var snapshot = Remote("""
            {"originRequest":{"connectTimeout":90,"noHappyEyeballs":true},
            "ingress":[{"service":"http://a","originRequest":{"noTLSVerify":true,"connectTimeout":10}}]}
            """).ToSnapshot();
        var rule = snapshot.Rules[0].OriginRequest;

        Assert.Equal((row, true, 10), (row, rule.NoTlsVerify, rule.ConnectTimeout.TotalSeconds));
        Assert.Equal((true, 90), (snapshot.Defaults.NoHappyEyeballs, snapshot.Defaults.ConnectTimeout.TotalSeconds));
    }

    [Theory]
    [InlineData("O05")]
    public void Every_model_has_every_setting(string row)
    {
        var keys = ConfigurationObject.OriginRequest.Keys;
        var yaml = string.Join('\n', keys.Select(key => $"  {key}: [wrong]"));
        var failures = Assert.ThrowsAny<FormatException>(() => TestRules.File("originRequest:\n" + yaml)).Message;

        Assert.Equal((row, keys.Length), (row, Count(typeof(OriginRequest))));
        Assert.Equal((row, keys.Length), (row, Count(typeof(OriginRequestOverrides))));

        // A list is right for one key only, and there its element is wrong.
        Assert.Equal(keys.Length, failures.Split('\n').Count(line => line.StartsWith("  line", StringComparison.Ordinal)));
        Assert.All(
            keys, key => Assert.ThrowsAny<FormatException>(() => Remote($"{{\"originRequest\":{{\"{key}\":[\"wrong\"]}}}}")));

        static int Count(Type model) => model.GetProperties().Count(property => !property.GetMethod!.IsStatic);
    }

    // Nothing is written as YAML: both formats are written as the edge is told them, and read again.
    [Theory]
    [InlineData("O06", false)]
    [InlineData("O06", true)]
    public void What_is_told_is_read_again_with_every_setting(string row, bool json)
    {
        var first = Read(json, inherited: true);
        var told = ConfigurationJson.WriteLocal(first.ToSnapshot(), first.WarpRouting);
        var again = RemoteConfiguration.Parse(told).ToSnapshot().Rules;

        AssertSettings(row, Inherited, "10.0.0.0/8 80,8080 False;fc00::/7 443,4443 True", again[0].OriginRequest);
        AssertSettings(row, Own, "10.0.0.0/16 3000,3030 False;192.16.0.0/24 5000,5050 True", again[1].OriginRequest);
        Assert.Equal(
            told.ToArray(),
            ConfigurationJson.WriteLocal(RemoteConfiguration.Parse(told).ToSnapshot(), first.WarpRouting).ToArray());
    }

    private static IngressConfiguration Read(bool json, bool inherited) => json
        ? Remote("{" + (inherited ? JsonInherited : "") + JsonRules)
        : TestRules.Ingress((inherited ? YamlInherited : "") + YamlRules);

    private static IngressConfiguration Remote(string json) => RemoteConfiguration.Parse(Encoding.UTF8.GetBytes(json));

    // The rules are written prefix ports allow: lists in records are compared by reference.
    private static void AssertSettings(string row, OriginRequest expected, string rules, OriginRequest actual)
    {
        Assert.Equal((row, expected with { IpRules = actual.IpRules }), (row, actual));
        Assert.Equal(
            rules, string.Join(';', actual.IpRules.Select(rule => $"{rule.Prefix} {string.Join(',', rule.Ports)} {rule.Allow}")));
    }
}
