using Culvert.Ingress.Files;
using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.Tests.Fixtures;

namespace Culvert.Ingress.Tests.Files;

public class ConfigurationFileTests
{
    [Fact]
    public void C01_structured_parts_are_read()
    {
        var file = TestRules.File("""
            tunnel: 5
            retries: 5
            originRequest:
              ipRules:
                - prefix: "10.0.0.0/8"
                  ports: [80, 8080]
                  allow: false
                - prefix: "fc00::/7"
                  ports: [443, 4443]
                  allow: yes
            ingress:
              - hostname: tunnel1.example.com
                path: /id
                service: https://localhost:8000
              - hostname: "*"
                service: https://localhost:8001
            warp-routing:
              enabled: true
              connectTimeout: 2s
              tcpKeepAlive: 10s
            """);

        Assert.Equal("5", file.Tunnel);
        Assert.Equal(["retries"], file.Settings.Keys);
        Assert.Equal(2, file.Settings["retries"].Line);
        Assert.Equal(["tunnel1.example.com", "*"], file.Ingress.Rules.Select(rule => rule.Hostname));
        Assert.Equal(TimeSpan.FromSeconds(2), file.Ingress.WarpRouting.ConnectTimeout);
        Assert.Equal(TimeSpan.FromSeconds(10), file.Ingress.WarpRouting.TcpKeepAlive);
        var rules = file.Ingress.OriginRequest.IpRules!;
        Assert.Equal(["10.0.0.0/8", "fc00::/7"], rules.Select(rule => rule.Prefix));
        Assert.Equal([443, 4443], rules[1].Ports);
        Assert.Equal([false, true], rules.Select(rule => rule.Allow));
    }

    [Fact]
    public void Unknown_keys_are_told_with_their_place_and_the_nearest_name()
    {
        var file = TestRules.File(
            "ingress:\n  - hostnam: a.com\n    service: http_status:404\noriginRequest:\n  NoTLSVerify: true\nprotocl: quic\n" +
            "zzzzzzzz: 1\n");

        Assert.Equal(
            [
                "line 2, column 5: unknown key hostnam, did you mean hostname?",
                "line 5, column 3: unknown key NoTLSVerify, did you mean noTLSVerify?",
                "line 6, column 1: unknown key protocl, did you mean protocol?",
                "line 7, column 1: unknown key zzzzzzzz",
            ],
            file.Warnings.Select(warning => warning.ToString()));
        Assert.Equal("line 2: field hostnam not found in type config.UnvalidatedIngressRule", file.Warnings[0].DecoderText);
    }

    // Section 3.2 and 5.2.
    [Theory]
    [InlineData("30", "!!int `30` into time.Duration")]
    [InlineData("0", "!!int `0` into time.Duration")]
    [InlineData("1.5", "!!float `1.5` into time.Duration")]
    [InlineData("\"30\"", "!!str `30` into time.Duration")]
    [InlineData("1d", "!!str `1d` into time.Duration")]
    [InlineData("\"\"", "!!str `` into time.Duration")]
    [InlineData("abcdefghijklmnop", "!!str `abcdefg...` into time.Duration")]
    [InlineData("[1s]", "!!seq into time.Duration")]
    public void Duration_of_another_kind_is_refused(string value, string error) =>
        Assert.Equal(
            "error parsing YAML in config file at config.yml: yaml: unmarshal errors:\n" +
            $"  line 2: cannot unmarshal {error} (column 19)",
            Assert.Throws<ConfigurationFileException>(
                () => TestRules.File($"originRequest:\n  connectTimeout: {value}\n")).Message);

    [Theory]
    [InlineData("30s", 30_000)]
    [InlineData("1h2m3s4ms", 3_723_004)]
    [InlineData("-5s", -5_000)]
    [InlineData("\"1500ms\"", 1_500)]
    public void Duration_is_read(string value, int milliseconds) =>
        Assert.Equal(
            TimeSpan.FromMilliseconds(milliseconds),
            TestRules.Ingress($"originRequest:\n  connectTimeout: {value}\n").OriginRequest.ConnectTimeout);

    [Fact]
    public void Scalars_are_texts_where_a_text_has_to_be_but_nothing_else_is_converted()
    {
        Assert.Equal("5", TestRules.Ingress("originRequest: {httpHostHeader: 5}").OriginRequest.HttpHostHeader);
        Assert.True(TestRules.Ingress("originRequest: {noTLSVerify: on}").OriginRequest.NoTlsVerify);
        Assert.Null(TestRules.Ingress("originRequest: {noTLSVerify: ~}").OriginRequest.NoTlsVerify);
        Assert.Equal(31, TestRules.Ingress("originRequest: {keepAliveConnections: 0x1_F}").OriginRequest.KeepAliveConnections);
        Assert.All(
            ["{noTLSVerify: \"true\"}", "{noTLSVerify: 1}", "{keepAliveConnections: \"5\"}", "{proxyPort: -1}",
                "{keepAliveConnections: 99999999999}"],
            yaml => Assert.Throws<ConfigurationFileException>(() => TestRules.File("originRequest: " + yaml)));
    }

    [Theory]
    [InlineData("ingress:\n\t- service: a\n", "yaml: line 2: found character that cannot start any token (column 1)")]
    [InlineData("a: 1\na: 2\n", "yaml: unmarshal errors:\n  line 2: mapping key \"a\" already defined at line 1 (column 1)")]
    [InlineData("a: &x [*x]\n", "yaml: line 1: unknown anchor 'x' referenced (column 8)")]
    [InlineData("? [a]\n: b\n", "yaml: line 1: invalid map key (column 3)")]
    [InlineData("a:\n  <<: 5\n", "yaml: line 2: map merge requires map or sequence of maps as the value (column 7)")]
    [InlineData(
        "warp-routing: true\n",
        "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!bool `true` into config.WarpRoutingConfig (column 15)")]
    [InlineData("- a\n", "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into config.Configuration (column 1)")]
    public void What_is_no_configuration_is_refused_with_line_and_column(string yaml, string error) =>
        Assert.Equal(
            "error parsing YAML in config file at config.yml: " + error,
            Assert.Throws<ConfigurationFileException>(() => TestRules.File(yaml)).Message);

    [Fact]
    public void Invalid_UTF8_is_refused_with_its_place() =>
        Assert.EndsWith(
            "yaml: line 2: invalid UTF-8 (column 4)",
            Assert.Throws<ConfigurationFileException>(() => ConfigurationFile.Parse("x", [.. "a: 1\nb: "u8, 0xFF])).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("", true)]
    [InlineData("# nothing\n", true)]
    [InlineData("---\n", false)]
    [InlineData("null\n", false)]
    [InlineData("\uFEFFtunnel: x\r\n", false)]
    [InlineData("{\"tunnel\": \"x\"}", false)]
    [InlineData("tunnel: x\n---\ntunnel: [\n", false)]
    public void File_without_content_is_empty(string yaml, bool empty) => Assert.Equal(empty, TestRules.File(yaml).IsEmpty);

    [Fact]
    public void Anchors_aliases_and_merge_keys_are_followed()
    {
        var ingress = TestRules.Ingress("""
            x-defaults: &d {connectTimeout: 3s, noTLSVerify: true}
            ingress:
              - service: http://a
                hostname: a
                originRequest: {<<: *d, noTLSVerify: false}
              - service: http_status:404
                originRequest: *d
            """);

        Assert.Equal((TimeSpan.FromSeconds(3), false), Settings(ingress.Rules[0].OriginRequest));
        Assert.Equal((TimeSpan.FromSeconds(3), true), Settings(ingress.Rules[1].OriginRequest));
    }

    private static (TimeSpan?, bool?) Settings(OriginRequestOverrides settings) =>
        (settings.ConnectTimeout, settings.NoTlsVerify);

    [Fact]
    public void Missing_file_and_directory_are_told_apart_from_bad_ones()
    {
        using var directory = new TemporaryDirectory();
        var missing = Path.Combine(directory.Path, "none.yml");

        Assert.Equal(
            $"open {missing}: no such file or directory",
            Assert.Throws<ConfigurationFileException>(() => ConfigurationFile.Read(missing)).Message);
        Assert.Equal(
            $"read {directory.Path}: is a directory",
            Assert.Throws<ConfigurationFileException>(() => ConfigurationFile.Read(directory.Path)).Message);
    }

    [Fact]
    public void Search_goes_by_directory_first()
    {
        using var home = new TemporaryDirectory();
        Directory.CreateDirectory(Path.Combine(home.Path, ".cloudflare-warp"));
        File.WriteAllText(Path.Combine(home.Path, ".cloudflare-warp", "config.yml"), "");
        Assert.Equal(Path.Combine(home.Path, ".cloudflare-warp", "config.yml"), ConfigurationFileSearch.Find(home.Path));

        Directory.CreateDirectory(Path.Combine(home.Path, ".cloudflared"));
        File.WriteAllText(Path.Combine(home.Path, ".cloudflared", "config.yaml"), "");
        Assert.Equal(Path.Combine(home.Path, ".cloudflared", "config.yaml"), ConfigurationFileSearch.Find(home.Path));
    }
}
