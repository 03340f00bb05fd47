using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Services;
using Culvert.Ingress.Settings;
using Culvert.Ingress.Snapshots;

namespace Culvert.Ingress.Tests.Settings;

public class OriginFlagsTests
{
    private static IngressSnapshot Snapshot(params (string Name, string Value)[] flags) =>
        OriginFlags.ToSnapshot(Merge(flags), hasArgument: false);

    private static IReadOnlyDictionary<string, SettingValue> Merge(params (string Name, string Value)[] flags) =>
        SettingMerge.Merge(
            name => flags.Where(flag => flag.Name == name).Select(flag => flag.Value).ToArray() is { Length: > 0 } values
                ? values : null, _ => null, null);

    // Section 11.2 and, without a row, the quirks of section 1.7.
    [Theory]
    [InlineData("S01", "hello-world", "true", "hello_world", typeof(OriginService.HelloWorld))]
    [InlineData("", "hello-world", "false", "hello_world", typeof(OriginService.HelloWorld))]
    [InlineData("S02", "bastion", "true", "bastion", typeof(OriginService.Bastion))]
    [InlineData("S03", "url", "http://localhost:8080", "http://localhost:8080", typeof(OriginService.Http))]
    [InlineData("S03", "url", "https://localhost:8080", "https://localhost:8080", typeof(OriginService.Http))]
    [InlineData("S04", "url", "ssh://localhost:8080", "ssh://localhost:8080", typeof(OriginService.Tcp))]
    [InlineData("S04", "url", "rdp://localhost:8080", "rdp://localhost:8080", typeof(OriginService.Tcp))]
    [InlineData("S04", "url", "smb://localhost:8080", "smb://localhost:8080", typeof(OriginService.Tcp))]
    [InlineData("S04", "url", "tcp://localhost:8080", "tcp://localhost:8080", typeof(OriginService.Tcp))]
    [InlineData("S05", "unix-socket", "unix://service", "unix:unix://service", typeof(OriginService.UnixSocket))]
    public void Flag_makes_a_rule(string row, string name, string value, string service, Type kind)
    {
        var made = Assert.Single(Snapshot((name, value)).Rules).Service;

        Assert.Equal((row, service), (row, made.ToString()));
        Assert.IsType(kind, made);
        Assert.False(made is OriginService.UnixSocket { Tls: true });
    }

    [Fact]
    public void Url_wins_over_a_unix_socket_and_hello_world_over_both()
    {
        Assert.IsType<OriginService.Http>(Snapshot(("unix-socket", "/x"), ("url", "localhost")).Rules[0].Service);
        Assert.IsType<OriginService.HelloWorld>(
            Snapshot(("unix-socket", "/x"), ("url", "localhost"), ("hello-world", "true")).Rules[0].Service);
    }

    [Fact]
    public void Unix_socket_does_not_go_with_an_argument() =>
        Assert.Equal(
            "Error validating --unix-socket: --unix-socket must be used exclusively.",
            Assert.Throws<IngressException>(
                () => OriginFlags.ToSnapshot(Merge(("unix-socket", "/x")), hasArgument: true)).Message);

    [Fact]
    public void S06_without_an_origin_everything_is_503() =>
        Assert.Equal(new OriginService.Status(503) { InsteadOfRules = true }, Assert.Single(Snapshot().Rules).Service);

    [Fact]
    public void S08_without_flags_settings_are_the_defaults()
    {
        var settings = Snapshot().Defaults;

        Assert.Equal(OriginRequest.Default, settings);
        Assert.Equal(
            (30, 10, 30, 100, 90, "127.0.0.1"),
            (settings.ConnectTimeout.TotalSeconds, settings.TlsTimeout.TotalSeconds, settings.TcpKeepAlive.TotalSeconds,
                settings.KeepAliveConnections, settings.KeepAliveTimeout.TotalSeconds, settings.ProxyAddress));
    }

    [Fact]
    public void S07_every_flag_is_in_the_settings_of_the_rule() =>
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
                ("hello-world", "true"), ("proxy-connect-timeout", "1s"), ("proxy-tls-timeout", "1s"),
                ("proxy-tcp-keepalive", "1s"),
                ("proxy-no-happy-eyeballs", "true"), ("proxy-keepalive-connections", "10"), ("proxy-keepalive-timeout", "1s"),
                ("http-host-header", "example.com:8080"), ("origin-server-name", "example.com"),
                ("origin-ca-pool", "/etc/certs/ca.pem"),
                ("no-tls-verify", "true"), ("no-chunked-encoding", "true"), ("bastion", "true"),
                ("proxy-address", "localhost:8080"),
                ("proxy-port", "8080"), ("socks5", "true"), ("http2-origin", "true")).Rules[0].OriginRequest);
}
