using System.Text;
using Culvert.Ingress.Configuration;
using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.Remote;
using Culvert.Ingress.Services;
using Culvert.Ingress.Tests.Fixtures;

namespace Culvert.Ingress.Tests.OriginRequests;

public class InheritanceTests
{
    private const string Yaml = """
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
                - {prefix: "10.0.0.0/16", ports: [3000], allow: true}
        """;

    [Fact]
    public void Rule_that_sets_nothing_has_the_inherited_settings() // O01
    {
        var (inherited, _) = Settings(TestRules.Ingress(Yaml));

        Assert.Equal(
            new OriginRequest
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
                IpRules = inherited.IpRules,
            },
            inherited);
        Assert.Equal(["10.0.0.0/8"], inherited.IpRules.Select(rule => rule.Prefix));
    }

    [Fact]
    public void Rule_wins_even_with_false_and_empty_values() // O01
    {
        var (_, own) = Settings(TestRules.Ingress(Yaml));

        Assert.Equal(
            new OriginRequest
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
                IpRules = own.IpRules,
            },
            own);
        Assert.Equal(["10.0.0.0/16"], own.IpRules.Select(rule => rule.Prefix));
    }

    [Fact]
    public void Bastion_mode_is_inherited_by_url_services()
    {
        var rules = TestRules.Ingress(Yaml).ToSnapshot().Rules;

        Assert.IsType<OriginService.Bastion>(rules[0].Service);
        Assert.IsType<OriginService.Http>(rules[1].Service);
    }

    [Fact]
    public void Both_formats_have_every_setting() // O05
    {
        var yaml = string.Join('\n', ConfigurationObject.OriginRequest.Keys.Select(key => $"  {key}: [wrong]"));
        var failures = Assert.ThrowsAny<FormatException>(() => TestRules.File("originRequest:\n" + yaml)).Message;

        Assert.Equal(typeof(OriginRequest).GetProperties().Count(property => !property.GetMethod!.IsStatic), ConfigurationObject.OriginRequest.Keys.Length);

        // A list is right for one key only, and there its element is wrong.
        Assert.Equal(ConfigurationObject.OriginRequest.Keys.Length, failures.Split('\n').Count(line => line.StartsWith("  line", StringComparison.Ordinal)));
        Assert.All(
            ConfigurationObject.OriginRequest.Keys,
            key => Assert.ThrowsAny<FormatException>(() => RemoteConfiguration.Parse(
                Encoding.UTF8.GetBytes($"{{\"originRequest\":{{\"{key}\":[\"wrong\"]}}}}"))));
    }

    private static (OriginRequest First, OriginRequest Second) Settings(IngressConfiguration configuration)
    {
        var rules = configuration.ToSnapshot().Rules;
        return (rules[0].OriginRequest, rules[1].OriginRequest);
    }
}
