using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Services;
using Culvert.Ingress.Settings;
using Culvert.Ingress.Snapshots;

namespace Culvert.Ingress.Tests.Settings;

public class OriginFlagsTests
{
    private static IngressSnapshot Snapshot(params (string Name, string Value)[] flags) => OriginFlags.ToSnapshot(Merge(flags), hasArgument: false);

    private static IReadOnlyDictionary<string, SettingValue> Merge(params (string Name, string Value)[] flags) => SettingMerge.Merge(
        name => flags.Where(flag => flag.Name == name).Select(flag => flag.Value).ToArray() is { Length: > 0 } values ? values : null, _ => null, null);

    // S01-S05 and the quirks of section 1.7.
    [Theory]
    [InlineData("hello-world", "true", "hello_world")]
    [InlineData("hello-world", "false", "hello_world")]
    [InlineData("bastion", "true", "bastion")]
    [InlineData("url", "http://localhost:8080", "http://localhost:8080")]
    [InlineData("url", "https://localhost:8080", "https://localhost:8080")]
    [InlineData("url", "ssh://localhost:8080", "ssh://localhost:8080")]
    [InlineData("url", "tcp://localhost:8080", "tcp://localhost:8080")]
    [InlineData("unix-socket", "unix://service", "unix:unix://service")]
    public void Flag_makes_a_rule(string name, string value, string service) =>
        Assert.Equal(service, Assert.Single(Snapshot((name, value)).Rules).Service.ToString());

    [Fact]
    public void Url_wins_over_a_unix_socket_and_hello_world_over_both() // S01
    {
        Assert.IsType<OriginService.Http>(Snapshot(("unix-socket", "/x"), ("url", "localhost")).Rules[0].Service);
        Assert.IsType<OriginService.HelloWorld>(Snapshot(("unix-socket", "/x"), ("url", "localhost"), ("hello-world", "true")).Rules[0].Service);
    }

    [Fact]
    public void Unix_socket_does_not_go_with_an_argument() =>
        Assert.Equal(
            "Error validating --unix-socket: --unix-socket must be used exclusively.",
            Assert.Throws<IngressException>(() => OriginFlags.ToSnapshot(Merge(("unix-socket", "/x")), hasArgument: true)).Message);

    [Fact]
    public void Without_an_origin_everything_is_503() // S06, S08
    {
        var snapshot = Snapshot();

        Assert.Equal(new OriginService.Status(503) { InsteadOfRules = true }, snapshot.Rules[0].Service);
        Assert.Equal(OriginRequest.Default, snapshot.Defaults);
    }

    [Fact]
    public void Every_flag_is_in_the_settings_of_the_rule() => // S07
        Assert.Equal(
            new OriginRequest
            {
                ConnectTimeout = TimeSpan.FromSeconds(1),
                TlsTimeout = TimeSpan.FromSeconds(1),
                TcpKeepAlive = TimeSpan.FromSeconds(1),
                NoHappyEyeballs = true,
                KeepAliveConnections = 10,
                KeepAliveTimeout = TimeSpan.FromSeconds(1),
                HttpHostHeader = "example.com:8080",
                OriginServerName = "example.com",
                CaPool = "/etc/certs/ca.pem",
                NoTlsVerify = true,
                DisableChunkedEncoding = true,
                BastionMode = true,
                ProxyAddress = "localhost:8080",
                ProxyPort = 8080,
                ProxyType = "socks",
                Http2Origin = true,
                IpRules = OriginRequest.Default.IpRules,
            },
            Snapshot(
                ("hello-world", "true"), ("proxy-connect-timeout", "1s"), ("proxy-tls-timeout", "1s"), ("proxy-tcp-keepalive", "1s"),
                ("proxy-no-happy-eyeballs", "true"), ("proxy-keepalive-connections", "10"), ("proxy-keepalive-timeout", "1s"),
                ("http-host-header", "example.com:8080"), ("origin-server-name", "example.com"), ("origin-ca-pool", "/etc/certs/ca.pem"),
                ("no-tls-verify", "true"), ("no-chunked-encoding", "true"), ("bastion", "true"), ("proxy-address", "localhost:8080"),
                ("proxy-port", "8080"), ("socks5", "true"), ("http2-origin", "true")).Rules[0].OriginRequest);
}
