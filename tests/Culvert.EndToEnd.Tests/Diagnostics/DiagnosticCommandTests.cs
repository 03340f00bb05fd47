using System.IO.Compression;
using System.Net;
using System.Text.Json;
using Culvert.Transports.Credentials;

namespace Culvert.EndToEnd.Tests.Diagnostics;

public sealed class DiagnosticCommandTests
{
    [Fact]
    public async Task C22_ReadyFollowsTheConnections()
    {
        await using var edge = await TestEdge.StartAsync();
        var (credentials, _) = edge.AddTunnel();
        await using var connector = await ConnectorProcess.StartAsync(
            edge, credentials, "http2", RawOrigin.NobodysAddress, "--metrics", "127.0.0.1:0", "--ha-connections", "1");
        var address = await MetricsAddressAsync(connector);
        await using (var ready = CulvertProcess.Start("tunnel", "--metrics", address, "ready"))
        {
            Assert.Equal(0, await ready.ExitAsync());
            Assert.Empty(ready.Errors.Lines);
        }

        await edge.Node.DisposeAsync();
        await connector.Errors.WaitForAsync("Retrying connection");
        await using var unready = CulvertProcess.Start("tunnel", "--metrics", address, "ready");
        Assert.Equal(1, await unready.ExitAsync());
        Assert.Contains(
            $"http://{address}/ready endpoint returned status code 503", unready.Errors.Lines[0], StringComparison.Ordinal);
        Assert.StartsWith("""{"status":503,"readyConnections":0,""", unready.Errors.Lines[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--metrics has to be provided", "tunnel", "ready")]
    [InlineData("http://127.0.0.1:1/ready cannot be asked", "tunnel", "--metrics", "127.0.0.1:1", "ready")]
    public async Task Ready_that_cannot_ask_says_why(string text, params string[] arguments)
    {
        await using var ready = CulvertProcess.Start(arguments);

        Assert.Equal(1, await ready.ExitAsync());
        Assert.Contains(text, Assert.Single(ready.Errors.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task C30_DiagWritesAnArchiveOfARunningConnector()
    {
        await using var edge = await TestEdge.StartAsync();
        var (credentials, _) = edge.AddTunnel();
        var log = Path.GetTempFileName();
        await using var connector = await ConnectorProcess.StartAsync(
            edge, credentials, "http2", RawOrigin.NobodysAddress, "--metrics", "127.0.0.1:0", "--logfile", log);
        var address = await MetricsAddressAsync(connector);
        await using var diag = CulvertProcess.Start("tunnel", "--metrics", address, "diag", "--no-diag-network");

        Assert.Equal(0, await diag.ExitAsync());
        var line = await diag.Errors.WaitForAsync("Diagnostic file written: ");
        var archive = Path.Join(Path.GetTempPath(), line[(line.LastIndexOf(' ') + 1)..]);
        try
        {
            Assert.Contains(
                diag.Errors.Lines, text => text.Contains("Selected server http://" + address, StringComparison.Ordinal));
            Assert.Contains(diag.Errors.Lines, text => text.EndsWith(" INF Diagnostic completed", StringComparison.Ordinal));
            using var zip = await ZipFile.OpenReadAsync(archive);
            Assert.Equal(
                ["tunnelstate.json", "systeminformation.json", "runtime.json", "metrics.txt", "cloudflared_logs.txt",
                    "cli-configuration.json",
                 "configuration.json", "task-result.json"],
                zip.Entries.Select(entry => entry.FullName));
            using var state = JsonDocument.Parse(Read(zip, "tunnelstate.json"));
            Assert.Equal(credentials.TunnelId, state.RootElement.GetProperty("tunnelID").GetGuid());
            Assert.Equal("127.0.0.1", state.RootElement.GetProperty("connections")[0].GetProperty("edgeAddress").GetString());
            using var settings = JsonDocument.Parse(Read(zip, "cli-configuration.json"));
            Assert.Equal(log, settings.RootElement.GetProperty("logfile").GetString());
            Assert.False(settings.RootElement.TryGetProperty("token", out _));
            Assert.Contains("Registered tunnel connection", Read(zip, "cloudflared_logs.txt"), StringComparison.Ordinal);
            Assert.Contains("cloudflared_tunnel_ha_connections", Read(zip, "metrics.txt"), StringComparison.Ordinal);
            Assert.All(
                zip.Entries, entry => Assert.DoesNotContain(
                    TunnelToken.Format(credentials), Read(zip, entry.FullName), StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(archive);
            File.Delete(log);
        }
    }

    [Fact]
    public async Task Diag_without_an_instance_says_so()
    {
        await using var diag = CulvertProcess.Start("tunnel", "--metrics", "127.0.0.1:1", "diag");

        Assert.Equal(0, await diag.ExitAsync());
        Assert.EndsWith(" WRN No instances found", Assert.Single(diag.Errors.Lines), StringComparison.Ordinal);
    }

    private static async Task<string> MetricsAddressAsync(CulvertProcess connector)
    {
        const string Before = "Starting metrics server on ";
        var line = await connector.Errors.WaitForAsync(Before);
        var address = line[(line.IndexOf(Before, StringComparison.Ordinal) + Before.Length)..].Replace(
            "/metrics", "", StringComparison.Ordinal);
        Assert.True(IPEndPoint.TryParse(address, out _));
        return address;
    }

    private static string Read(ZipArchive zip, string name)
    {
        using var reader = new StreamReader(zip.GetEntry(name)!.Open());
        return reader.ReadToEnd();
    }
}
