using System.IO.Compression;
using System.Text.Json;

namespace Culvert.EndToEnd.Tests.Diagnostics;

public sealed class PrecheckTests
{
    [QuicFact]
    public async Task K29_StartAndDiagnosisTellWhatWorks()
    {
        await using var edge = await TestEdge.StartAsync();
        var (credentials, _) = edge.AddTunnel();
        await using var connector = await ConnectorProcess.StartAsync(
            edge, credentials, "auto", RawOrigin.NobodysAddress, "--metrics", "127.0.0.1:0", "--ha-connections", "1",
            "--no-prechecks", "false");
        var target = edge.Node.ConnectorEndPoint.ToString();

        Assert.Matches(
            " precheck complete hard_fail=false run_id=[0-9a-f-]{36} suggested_protocol=quic$",
            await connector.Errors.WaitForAsync("precheck complete"));
        Assert.Contains(
            connector.Errors.Lines, line => line.Contains(" |  UDP Connectivity  " + target, StringComparison.Ordinal));
        Assert.Contains(connector.Errors.Lines, line => line.Contains(
            "SUMMARY: Environment is healthy. cloudflared will use 'quic' as primary protocol.", StringComparison.Ordinal));
        Assert.Equal(
            ["pass", "pass", "pass", "skip"],
            connector.Errors.Lines.Where(line => line.Contains(" precheck component=", StringComparison.Ordinal))
                .Select(line => line[(line.IndexOf(" status=", StringComparison.Ordinal) + 8)..].Split(' ')[0]));
        Assert.Empty(connector.Complaints);

        using var report = await DiagnoseAsync(connector);
        Assert.Equal(
            [0, 1, 2, 3],
            report.RootElement.GetProperty("Results").EnumerateArray().Select(row => row.GetProperty("Type").GetInt32()));
        Assert.Equal(
            [0, 0, 0, 2],
            report.RootElement.GetProperty("Results").EnumerateArray().Select(row => row.GetProperty("ProbeStatus").GetInt32()));
        Assert.Equal(target, report.RootElement.GetProperty("Results")[1].GetProperty("Target").GetString());
        Assert.Equal(1, report.RootElement.GetProperty("SuggestedProtocol").GetInt32());
    }

    [QuicFact]
    public async Task K37_EdgeTakesProbesForGranted()
    {
        await using var edge = await TestEdge.StartAsync();
        var (credentials, hostname) = edge.AddTunnel();
        await using var connector = await ConnectorProcess.StartAsync(
            edge, credentials, "http2", RawOrigin.NobodysAddress, "--ha-connections", "1", "--no-prechecks", "false");
        await connector.Errors.WaitForAsync("precheck complete");

        await connector.TerminateAsync();

        Assert.Equal(0, await connector.ExitAsync());
        await Deadline.UntilAsync(() => edge.Connections(hostname).Count == 0, "the edge has seen it leave");
        Assert.DoesNotContain(
            edge.Log.Lines,
            line => line.StartsWith("Warning", StringComparison.Ordinal) || line.StartsWith("Error", StringComparison.Ordinal)
                || line.StartsWith("Information: Lost connection", StringComparison.Ordinal));
    }

    private static async Task<JsonDocument> DiagnoseAsync(CulvertProcess connector)
    {
        const string Before = "Starting metrics server on ";
        var line = await connector.Errors.WaitForAsync(Before);
        var address = line[(line.IndexOf(Before, StringComparison.Ordinal) + Before.Length)..].Replace(
            "/metrics", "", StringComparison.Ordinal);
        await using var diag = CulvertProcess.Start("tunnel", "--metrics", address, "diag", "--no-diag-logs");
        Assert.Equal(0, await diag.ExitAsync());
        var written = await diag.Errors.WaitForAsync("Diagnostic file written: ");
        var archive = Path.Join(Path.GetTempPath(), written[(written.LastIndexOf(' ') + 1)..]);
        try
        {
            using var zip = await ZipFile.OpenReadAsync(archive);
            await using var entry = await zip.GetEntry("prechecks.json")!.OpenAsync();
            return await JsonDocument.ParseAsync(entry);
        }
        finally
        {
            File.Delete(archive);
        }
    }
}
