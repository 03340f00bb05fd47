using System.Net;
using System.Net.Sockets;
using Culvert.Transports.Credentials;

namespace Culvert.EndToEnd.Tests.CommandLine;

/// <summary>Every mistake ends in one line on stderr that names what is wrong, and a failure exit code.</summary>
public sealed class UsageErrorTests
{
    private static readonly string Token =
        TunnelToken.Format(new TunnelCredentials("account", Guid.NewGuid(), Pattern.Bytes(0, 32)));

    [Theory]
    [InlineData("--nonsense", "up", "--nonsense")]
    [InlineData("--nonsense", "edge", "--nonsense")]
    [InlineData("--nonsense", "tunnel", "--nonsense", "x")]
    [InlineData("--nonsense", "tunnel", "run", "--nonsense=1")]
    [InlineData("--nonsense", "tunnel", "run", "--nonsense", "1")]
    [InlineData("surplus", "tunnel", "run", "f4c6f0e3-9d1b-4d7f-8a55-0d8d8c6c8b11", "surplus")]
    [InlineData("nonsense", "nonsense")]
    public Task Unknown_flag_or_command_is_named(string named, params string[] arguments) => AssertOneLineAsync(named, arguments);

    [Theory]
    [InlineData("--url", "up", "--url")]
    [InlineData("--listen", "edge", "--listen")]
    [InlineData("--edge", "tunnel", "--url", "http://localhost:1", "--edge")]
    [InlineData("--token", "tunnel", "run", "--token")]
    [InlineData("--cacert", "tunnel", "run", "--cacert")]
    public Task Missing_value_names_its_flag(string named, params string[] arguments) => AssertOneLineAsync(named, arguments);

    [Theory]
    [InlineData("--listen", "up", "--listen", "nowhere")]
    [InlineData("--listen", "up", "--listen", "127.0.0.1:99999")]
    [InlineData("--listen-connectors", "edge", "--listen-connectors", "nowhere:7844")]
    [InlineData("--grace-period", "tunnel", "--url", "localhost:1", "--edge", "127.0.0.1:1", "--grace-period", "soon")]
    [InlineData("--grace-period", "tunnel", "--url", "localhost:1", "--edge", "127.0.0.1:1", "--grace-period", "4m")]
    [InlineData("--ha-connections", "tunnel", "run", "--token", "$TOKEN", "--edge", "x:1", "--url", "x", "--ha-connections", "0")]
    [InlineData("--protocol", "tunnel", "--url", "localhost:1", "--edge", "127.0.0.1:1", "--protocol", "pigeon")]
    [InlineData("--edge", "tunnel", "run", "--token", "$TOKEN", "--url", "localhost:1", "--edge", "127.0.0.1")]
    [InlineData("--edge-ip-version", "tunnel", "run", "--token", "$TOKEN", "--url", "localhost:1", "--edge-ip-version", "5")]
    [InlineData(
        "--edge-dns-resolver", "tunnel", "run", "--token", "$TOKEN", "--url", "localhost:1", "--edge-dns-resolver", "name")]
    [InlineData("--max-edge-addr-retries", "tunnel", "run", "--token", "$TOKEN", "--url", "x:1", "--max-edge-addr-retries", "-1")]
    [InlineData("--metrics", "tunnel", "run", "--token", "$TOKEN", "--edge", "127.0.0.1:1", "--metrics", "nowhere")]
    [InlineData("--otlp-endpoint", "edge", "--otlp-endpoint", "nowhere")]
    [InlineData("--otlp-endpoint", "tunnel", "--edge", "127.0.0.1:1", "--url", "x:1", "--otlp-endpoint", "nowhere")]
    [InlineData("--tunnel", "edge", "--tunnel", "no-token")]
    [InlineData("site.example.org", "edge", "--tunnel", "site.example.org=garbage")]
    public Task Unusable_value_names_its_flag(string named, params string[] arguments) => AssertOneLineAsync(named, arguments);

    [Fact]
    public Task X05_One_bad_tag_refuses_them_all() => AssertOneLineAsync(
        "--tag: Tag parse failure: Cannot parse tag value no-value",
        "tunnel", "run", "--token", "$TOKEN", "--edge", "127.0.0.1:1", "--tag", "a=b", "--tag", "no-value", "--tag", "c=d");

    [Theory]
    [InlineData("ftp", "up", "--url", "ftp://localhost:21")]
    [InlineData("gopher", "tunnel", "--edge", "127.0.0.1:1", "--url", "gopher://localhost:70")]
    [InlineData("--url", "tunnel", "run", "--token", "$TOKEN", "--edge", "127.0.0.1:1", "--url", "gopher://localhost:70")]
    [InlineData("--url", "up", "--url", "http://")]
    [InlineData("--quick-service", "tunnel", "--edge", "127.0.0.1:1", "--url", "x:1", "--quick-service", "ftp://localhost")]
    public Task Bad_url_is_named(string named, params string[] arguments) => AssertOneLineAsync(named, arguments);

    [Theory]
    [InlineData("not base64!")]
    [InlineData("bm90IGpzb24=")]
    [InlineData("e30x")]
    public Task Bad_token_is_refused(string token) =>
        AssertOneLineAsync("token", "tunnel", "run", "--edge", "127.0.0.1:1", "--url", "localhost:1", "--token", token);

    [Fact]
    public Task Credentials_file_that_is_missing_is_named() => AssertOneLineAsync(
        "/nonexistent/tunnel.json", "tunnel", "run", "--edge", "127.0.0.1:1", "--credentials-file", "/nonexistent/tunnel.json");

    [Fact]
    public Task Run_without_credentials_says_what_it_needs() =>
        AssertOneLineAsync("--token", "tunnel", "run", "--edge", "127.0.0.1:1", "--url", "localhost:1");

    [Fact]
    public Task Ca_file_that_is_missing_is_named() => AssertOneLineAsync(
        "/nonexistent/ca.pem", "tunnel", "run", "--token", "$TOKEN", "--edge", "127.0.0.1:1", "--url", "localhost:1",
        "--cacert", "/nonexistent/ca.pem");

    [Fact]
    public async Task Ca_file_that_is_damaged_is_named()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
            await AssertOneLineAsync(
                file, "tunnel", "run", "--token", "$TOKEN", "--edge", "127.0.0.1:1", "--url", "localhost:1", "--cacert", file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("up", "--listen")]
    [InlineData("edge", "--listen")]
    [InlineData("edge", "--listen-connectors")]
    [InlineData("edge", "--listen-api")]
    public async Task Port_in_use_is_named(string command, string flag)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var address = taken.LocalEndpoint.ToString()!;
        var data = Directory.CreateTempSubdirectory("culvert-edge-");
        try
        {
            string[] others = command == "up" ? [] :
            [
                "--data", data.FullName,
                .. new[] { "--listen", "--listen-connectors", "--listen-api" }
                    .Where(other => other != flag).SelectMany(other => new[] { other, "127.0.0.1:0" }),
            ];
            await AssertOneLineAsync(address, [command, flag, address, .. others]);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    [Fact]
    public Task Data_directory_that_cannot_be_used_is_named() =>
        AssertOneLineAsync("/dev/null/data", "edge", "--data", "/dev/null/data", "--listen", "127.0.0.1:0");

    [Fact]
    public async Task Quick_service_that_is_down_is_named()
    {
        var service = RawOrigin.NobodysAddress.GetLeftPart(UriPartial.Authority);
        await AssertOneLineAsync(
            service, "tunnel", "--edge", "127.0.0.1:1", "--url", "localhost:1", "--quick-service", service);
    }

    private static async Task AssertOneLineAsync(string named, params string[] arguments)
    {
        await using var process = CulvertProcess.Start([.. arguments.Select(a => a == "$TOKEN" ? Token : a)]);
        Assert.NotEqual(0, await process.ExitAsync());
        Assert.Contains(named, Assert.Single(process.Complaints), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(process.Errors.Lines, line => line.Contains("   at ", StringComparison.Ordinal));
        Assert.Empty(process.Output.Lines);
    }
}
