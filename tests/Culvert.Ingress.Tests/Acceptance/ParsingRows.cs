using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Ingress.Tests.Fixtures;

namespace Culvert.Ingress.Tests.Acceptance;

/// <summary>Section 11.1, one case for each row: rules as a file has them.</summary>
public class ParsingRows
{
    private const string Policy =
        "originRequest: {ipRules: [{prefix: 1.1.1.0/24, ports: [80, 443], allow: true}, {prefix: 0.0.0.0/0}]}";

    [Theory]
    [InlineData("P01", "[{service: 'unix:/tmp/echo.sock'}]", "unix:/tmp/echo.sock", typeof(OriginService.UnixSocket))]
    [InlineData("P02", "[{service: 'unix+tls:/tmp/echo.sock'}]", "unix+tls:/tmp/echo.sock", typeof(OriginService.UnixSocket))]
    [InlineData(
        "P05",
        "[{hostname: tunnel1.example.com, service: 'https://localhost:8000'}, {hostname: '*', service: " +
        "'https://localhost:8001'}]",
        "https://localhost:8000", typeof(OriginService.Http))]
    [InlineData(
        "P06", "[{hostname: '*', service: 'https://localhost:8000'}]\nextraKey: extraValue", "https://localhost:8000",
        typeof(OriginService.Http))]
    [InlineData("P07", "[{hostname: '*', service: 'wss://localhost:8000'}]", "wss://localhost:8000", typeof(OriginService.Http))]
    [InlineData("P08", "[{service: 'https://localhost:8000'}]", "https://localhost:8000", typeof(OriginService.Http))]
    [InlineData("P21", "[{service: 'http_status:404'}]", "http_status:404", typeof(OriginService.Status))]
    [InlineData("P22", "[{service: hello_world}]", "hello_world", typeof(OriginService.HelloWorld))]
    [InlineData("P23", "[{service: 'tcp://127.0.0.1'}]", "tcp://127.0.0.1:7864", typeof(OriginService.Tcp))]
    [InlineData("P23", "[{service: 'tcp://localhost:8000'}]", "tcp://localhost:8000", typeof(OriginService.Tcp))]
    [InlineData("P24", "[{service: 'ssh://127.0.0.1'}]", "ssh://127.0.0.1:22", typeof(OriginService.Tcp))]
    [InlineData("P25", "[{service: 'rdp://127.0.0.1'}]", "rdp://127.0.0.1:3389", typeof(OriginService.Tcp))]
    [InlineData("P26", "[{service: 'smb://127.0.0.1'}]", "smb://127.0.0.1:445", typeof(OriginService.Tcp))]
    [InlineData("P27", "[{service: 'ftp://127.0.0.1'}]", "ftp://127.0.0.1", typeof(OriginService.Tcp))]
    [InlineData("P28", "[{service: socks-proxy, " + Policy + "}]", "socks-proxy", typeof(OriginService.Socks))]
    [InlineData("P29", "[{originRequest: {bastionMode: true}}]", "bastion", typeof(OriginService.Bastion))]
    [InlineData("P30", "[{service: bastion}]", "bastion", typeof(OriginService.Bastion))]
    public void Rules_are_read(string row, string rules, string service, Type kind)
    {
        var rule = TestRules.Ingress("ingress: " + rules).ToSnapshot().Rules[0];

        Assert.Equal((row, service), (row, rule.Service.ToString()));
        Assert.IsType(kind, rule.Service);
        Assert.Equal(rule.Service is OriginService.Bastion, rule.OriginRequest.BastionMode);
        if (rule.Service is OriginService.Socks)
        {
            Assert.Equal(["1.1.1.0/24", "0.0.0.0/0"], rule.OriginRequest.IpRules.Select(ip => ip.Prefix));
        }
        else if (rule.Service is not OriginService.Bastion)
        {
            Assert.Equal(OriginRequest.Default, rule.OriginRequest);
        }
    }

    [Theory]
    [InlineData("P03", "~", "doesn't contain any ingress rules")]
    [InlineData("P04", "", "doesn't contain any ingress rules")]
    [InlineData("P10", "[{hostname: \"\\uFFFD.cloudflare.com\", service: 'https://localhost:8000'}]", "must match all URLs")]
    [InlineData("P11", "[{service: 'https://local host:8000'}]", "invalid character \" \" in host name")]
    [InlineData("P12", "[{hostname: example.com, service: 'https://localhost:8000'}]", "must match all URLs")]
    [InlineData(
        "P13", "[{service: 'https://localhost:8000'}, {hostname: example.com, service: 'https://localhost:8000'}]",
        "will match every hostname")]
    [InlineData("P14", "[{service: 'https://localhost:8000', path: '/subpath1/(.*)/subpath2'}]", "must match all URLs")]
    [InlineData(
        "P15", "[{service: 'https://localhost:8000', hostname: a, path: '*/subpath2'}, {service: 'http_status:404'}]",
        "invalid regex")]
    [InlineData("P16", "[{service: 'localhost:8000'}]", "is an invalid address")]
    [InlineData("P17", "[{hostname: test.*.example.com, service: 'https://localhost:8000'}]", "at most one wildcard")]
    [InlineData("P18", "[{service: 'https://localhost:8000/static/'}]", "don't support proxying to a different path")]
    [InlineData("P19", "[{service: 'http_status:asdf'}]", "invalid HTTP status code")]
    [InlineData("P20", "[{service: 'http_status:8080'}]", "invalid HTTP status code: 8080")]
    [InlineData("P31", "[{hostname: 'test.example.com:443', service: 'https://localhost:8000'}]", "cannot contain a port")]
    public void Rules_are_refused(string row, string rules, string error)
    {
        var ingress = TestRules.Ingress(rules.Length == 0 ? "" : "ingress: " + rules);

        var refused = Assert.ThrowsAny<IngressException>(() => IngressSnapshot.Create(ingress.Rules, ingress.OriginRequest));
        Assert.True(refused.Message.Contains(error, StringComparison.Ordinal), $"{row}: {refused.Message}");
    }

    [Fact]
    public void P09_unicode_hostname_has_an_ascii_form()
    {
        var rules =
            TestRules.Ingress("ingress: [{hostname: m\u00f4\u00f4.cloudflare.com, service: 'http://h'}, {service: 'http://h'}]")
                .ToSnapshot().Rules;

        Assert.Equal("xn--m-xgaa.cloudflare.com", rules[0].AsciiHostname);
        Assert.Null(rules[1].AsciiHostname);
    }

    [Fact]
    public void P32_hundred_connections_are_kept() => Assert.Equal(100, OriginRequest.Default.KeepAliveConnections);

    [Theory]
    [InlineData("K01", "http://localhost", true)]
    [InlineData("K01", "https://127.0.0.1:8000", true)]
    [InlineData("K01", "ws://localhost", true)]
    [InlineData("K01", "wss://localhost:8000", true)]
    [InlineData("K02", "tcp://localhost:9000", false)]
    public void Scheme_decides_the_kind(string row, string service, bool http) =>
        Assert.Equal(
            (row, http), (row, TestRules.Snapshot(TestRules.Rule("", "", service)).Rules[0].Service is OriginService.Http));

    // Section 11.14, the helper that makes host and port of an address. Here it is what a stream service is dialled at.
    [Theory]
    [InlineData("ssh://awesome.warptunnels.horse", "awesome.warptunnels.horse:22")]
    [InlineData("ssh://awesome.warptunnels.horse:22", "awesome.warptunnels.horse:22")]
    [InlineData("ssh://awesome.warptunnels.horse:2222", "awesome.warptunnels.horse:2222")]
    [InlineData("rdp://localhost", "localhost:3389")]
    [InlineData("rdp://localhost:3390", "localhost:3390")]
    [InlineData("trash", null)]
    [InlineData("https://awesomesauce.com", null)]
    public void Stream_service_is_dialled_at(string service, string? hostPort)
    {
        OriginService? parsed = null;
        var refused = Record.Exception(() => parsed = TestRules.Snapshot(TestRules.Rule("", "", service)).Rules[0].Service);

        Assert.True(refused is null or IngressException);
        Assert.Equal(hostPort, parsed is OriginService.Tcp tcp ? $"{tcp.Host}:{tcp.Port}" : null);
    }

    [Theory]
    [InlineData("K03", "ssh://[::1]", "ssh://[::1]:22")]
    [InlineData("K04", "ssh://[::1]:38", "ssh://[::1]:38")]
    [InlineData("K05", "ssh://abc:38", "ssh://abc:38")]
    [InlineData("K06", "ssh://127.0.0.1:38", "ssh://127.0.0.1:38")]
    [InlineData("K07", "ssh://127.0.0.1", "ssh://127.0.0.1:22")]
    public void Scheme_has_a_port(string row, string service, string spelled) =>
        Assert.Equal((row, spelled), (row, TestRules.Snapshot(TestRules.Rule("", "", service)).Rules[0].Service.ToString()));
}
