using Culvert.CommandLine.Commands;

namespace Culvert.CommandLine.Tests.Commands;

public sealed class IngressCommandTests : IDisposable
{
    private const string Rules = """
        ingress:
          - hostname: example.com
            service: http://localhost:8000
          - hostname: api.example.com
            path: login
            service: http://localhost:8001
          - hostname: wss.example.com
            service: wss://localhost:8002
          - hostname: ssh.example.com
            service: ssh://localhost:22
          - service: http_status:404
        """;

    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    private async Task<(int Status, string Output, string Errors)> RunAsync(string yaml, params string[] arguments)
    {
        await File.WriteAllTextAsync(_file, yaml);
        var (output, errors) = (new StringWriter(), new StringWriter());
        var status = await CommandTree.RunAsync(
            [.. arguments.Select(argument => argument == "FILE" ? _file : argument)], output, errors);
        return (status, output.ToString().Replace(_file, "FILE", StringComparison.Ordinal),
            errors.ToString().Replace(_file, "FILE", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Validate_says_where_the_rules_are_and_that_they_are_good() =>
        Assert.Equal(
            (0, "Validating rules from FILE\nOK\n", ""),
            await RunAsync(Rules, "tunnel", "--config", "FILE", "ingress", "validate"));

    [Fact]
    public async Task Validate_lists_unknown_keys_instead() =>
        Assert.Equal(
            (0, """
            Validating rules from FILE
            Warning: unused keys detected in your config file. Here is a list of unused keys:
            yaml: unmarshal errors:
              line 3: field bogus not found in type config.UnvalidatedIngressRule
              line 6: field nope not found in type config.OriginRequestConfig
              line 7: field enabled not found in type config.WarpRoutingConfig

            """, ""),
            await RunAsync(
                "ingress:\n- service: http_status:404\n  bogus: 1\nother: 1\noriginRequest:\n  nope: 1\n" +
                "warp-routing: {enabled: true}\n",
                "tunnel", "--config", "FILE", "ingress", "validate"));

    [Theory]
    [InlineData(
        "ingress: [{service: 'localhost:8000'}]",
        "Validation failed: localhost:8000 is an invalid address, please make sure it has a scheme and a hostname")]
    [InlineData("tunnel: x", "Validation failed: The config file doesn't contain any ingress rules")]
    [InlineData(
        "url: http://a\ningress: [{service: 'http_status:404'}]",
        "You can't set the --url flag (or $TUNNEL_URL) when using multiple-origin ingress rules")]
    public async Task Validate_fails_with_the_reason(string yaml, string error) =>
        Assert.Equal(
            (1, "Validating rules from FILE\n", error + "\n"),
            await RunAsync(yaml, "tunnel", "--config", "FILE", "ingress", "validate"));

    [Fact]
    public async Task Validate_takes_JSON() =>
        Assert.Equal(
            (0, "Validating rules from cmdline flag --json\nOK\n", ""),
            await RunAsync("", "tunnel", "--config", "FILE", "ingress", "validate", "--json", """
                {"warp-routing":{"enabled":true},"originRequest":{"connectTimeout":10},"ingress":[{"hostname":"test","service":"https://localhost:8000"},{"service":"http_status:404"}]}
                """));

    // Of two faults the first one alone is told.
    [Fact]
    public async Task Validate_refuses_JSON() =>
        Assert.Equal(
            (1, "Validating rules from cmdline flag --json\n",
                "Validation failed: localhost:8000 is an invalid address, please make sure it has a scheme and a hostname\n"),
            await RunAsync("", "tunnel", "--config", "FILE", "ingress", "validate", "--json", """
                {"ingress":[{"hostname":"test","service":"localhost:8000"},{"service":"http_status:invalid_status"}]}
                """));

    [Theory]
    [InlineData("http://example.com/index.html", "Matched rule #0\n\thostname: example.com\n\tservice: http://localhost:8000\n")]
    [InlineData("https://example.com/index.html", "Matched rule #0\n\thostname: example.com\n\tservice: http://localhost:8000\n")]
    [InlineData(
        "https://api.example.com/login",
        "Matched rule #1\n\thostname: api.example.com\n\tpath: login\n\tservice: http://localhost:8001\n")]
    [InlineData("https://wss.example.com", "Matched rule #2\n\thostname: wss.example.com\n\tservice: wss://localhost:8002\n")]
    [InlineData("https://ssh.example.com", "Matched rule #3\n\thostname: ssh.example.com\n\tservice: ssh://localhost:22\n")]
    [InlineData("https://api.example.com", "Matched rule #4\n\tservice: http_status:404\n")]
    [InlineData("a.com:80", "Matched rule #4\n\tservice: http_status:404\n")]
    public async Task Rule_is_found_for_a_URL(string url, string output) =>
        Assert.Equal(
            (0, "Using rules from FILE\n" + output, ""),
            await RunAsync(Rules, "tunnel", "--config", "FILE", "ingress", "rule", url));

    [Theory]
    [InlineData("a.com doesn't have a hostname, consider adding a scheme", "a.com")]
    [InlineData("cloudflared tunnel rule expects a single argument, the URL to test")]
    [InlineData("cloudflared tunnel rule expects a single argument, the URL to test", "http://a", "http://b")]
    public async Task Rule_needs_one_URL(string error, params string[] urls) =>
        Assert.Equal((1, "", error + "\n"), await RunAsync(Rules, ["tunnel", "--config", "FILE", "ingress", "rule", .. urls]));

    [Fact]
    public async Task Missing_file_is_an_error()
    {
        var (status, _, errors) = await RunAsync("", "tunnel", "--config", "/nowhere/config.yml", "ingress", "validate");

        Assert.Equal((1, "culvert: open /nowhere/config.yml: no such file or directory\n"), (status, errors));
    }

    [Fact]
    public async Task Explain_shows_values_and_where_they_come_from()
    {
        var (status, output, errors) = await RunAsync(
            "retries: 7\nprotocl: x\n" + Rules, "config", "explain", "--config", "FILE", "--ha-connections", "3");
        var lines = output.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();

        Assert.Equal((0, "FILE: line 2, column 1: unknown key protocl, did you mean protocol?\n"), (status, errors));
        Assert.Contains(["retries", "7", "FILE:1"], lines);
        Assert.Contains(["ha-connections", "3", "--ha-connections"], lines);
        Assert.Contains(["rpc-timeout", "5s", "default"], lines);
        Assert.Contains(["#4", "*", "-", "http_status:404"], lines);
    }

    [Fact]
    public async Task Run_uses_the_flags_of_the_file()
    {
        const string Token =
            "eyJhIjoiYSIsInMiOiJBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBPSIsInQiOiI2YmExZDVlYS0xZGI2LTRmODYtYjVhYi1hYzE3YmE3OWQ2ZTMifQ==";
        var (status, _, errors) = await RunAsync($"protocol: pigeon\ntoken: {Token}\n", "tunnel", "--config", "FILE", "run");

        Assert.Equal(1, status);
        Assert.EndsWith(
            "culvert: --protocol: unknown protocol pigeon, Available protocols: [auto http2 quic]\n", errors,
            StringComparison.Ordinal);
        Assert.Contains("Starting tunnel tunnelID=6ba1d5ea-1db6-4f86-b5ab-ac17ba79d6e3", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tunnel_of_a_region_is_not_run_in_another_one()
    {
        const string Credentials =
            """{"AccountTag":"a","TunnelSecret":"AAAA","TunnelID":"6ba1d5ea-1db6-4f86-b5ab-ac17ba79d6e3","Endpoint":"fed"}""";
        var (status, _, errors) = await RunAsync(
            "# nothing", "tunnel", "--config", "FILE", "--region", "us", "run", "--credentials-contents", Credentials);

        Assert.Equal(1, status);
        Assert.EndsWith(
            "culvert: --region: region provided with a token that has an endpoint\n", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "ingress: [{service: nonsense}]",
        "culvert: FILE: line 1, column 11: nonsense is an invalid address, please make sure it has a scheme and a hostname\n")]
    [InlineData("protocol: 5", "culvert: expected string found int for protocol (FILE:1, column 11)\n")]
    [InlineData("protocol: [", "")]
    public async Task Run_refuses_a_bad_file(string yaml, string error)
    {
        const string Credentials =
            """{"AccountTag":"a","TunnelSecret":"AAAA","TunnelID":"6ba1d5ea-1db6-4f86-b5ab-ac17ba79d6e3"}""";
        var (status, _, errors) = await RunAsync(
            yaml, "tunnel", "--config", "FILE", "--edge", "127.0.0.1:9", "run", "--credentials-contents", Credentials);

        Assert.Equal(1, status);
        Assert.EndsWith(error, errors, StringComparison.Ordinal);
    }
}
