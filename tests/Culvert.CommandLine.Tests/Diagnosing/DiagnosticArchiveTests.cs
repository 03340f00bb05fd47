using System.IO.Compression;
using System.Text;
using Culvert.CommandLine.Diagnosing;
using Culvert.CommandLine.Tests.Fixtures;

namespace Culvert.CommandLine.Tests.Diagnosing;

public sealed class DiagnosticArchiveTests
{
    [Fact]
    public async Task C30_ArchiveHasAFileForEachJobThatSucceededAndTheReport()
    {
        using var archive = new MemoryStream();
        var log = new TextLog();
        DiagnosticJob[] jobs =
        [
            new("first", "first.txt", async (output, token) => await output.WriteAsync("one"u8.ToArray(), token)),
            new("second", "second.txt", (_, _) => throw new DiagnosticException("broken \"pipe\"")),
        ];

        Assert.False(await DiagnosticArchive.WriteAsync(archive, jobs, log, CancellationToken.None));

        using var zip = new ZipArchive(archive, ZipArchiveMode.Read);
        Assert.Equal(["first.txt", "task-result.json"], zip.Entries.Select(entry => entry.FullName));
        Assert.Equal("one", Read(zip, "first.txt"));
        Assert.Equal(
            """{"first":{"result":"success"},"second":{"result":"failure","error":"broken \u0022pipe\u0022"}}""",
            Read(zip, "task-result.json"));
        Assert.Contains("Collecting first...", log.ToString(), StringComparison.Ordinal);
        Assert.Contains("Collected first.", log.ToString(), StringComparison.Ordinal);
        Assert.Contains("Job: second finished with error.", log.ToString(), StringComparison.Ordinal);
        Assert.True(await DiagnosticArchive.WriteAsync(new MemoryStream(), jobs[..1], log, CancellationToken.None));
    }

    [Theory]
    [InlineData(0, "cloudflared-diag-2026-01-02T03-04-05Z.zip")]
    [InlineData(2, "cloudflared-diag-2026-01-02T03-04-05+02-00.zip")]
    [InlineData(-5, "cloudflared-diag-2026-01-02T03-04-05-05-00.zip")]
    public void C30_NameIsTheLocalTimeWithoutColons(int offset, string name) =>
        Assert.Equal(name, DiagnosticArchive.NameAt(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(offset))));

    [Fact]
    public async Task S7_4_LogsAreTheFilesThatTheConnectorWrites()
    {
        var directory = Directory.CreateTempSubdirectory("culvert-logs").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Join(directory, "cloudflared.log"), "3\n");
            await File.WriteAllTextAsync(Path.Join(directory, "cloudflared-2026-01-02T03-04-05.000.log"), "1\n");
            await File.WriteAllTextAsync(Path.Join(directory, "cloudflared-2026-01-02T03-04-06.000.log"), "2\n");
            await File.WriteAllTextAsync(Path.Join(directory, "other.txt"), "no\n");

            Assert.Equal("1\n2\n3\n", await CollectAsync($$"""{"log-directory":"{{directory}}","uid":"0"}"""));
            Assert.Equal(
                "3\n", await CollectAsync(
                    $$"""{"logfile":"{{Path.Join(directory, "cloudflared.log")}}","log-directory":"{{directory}}"}"""));
            await Assert.ThrowsAsync<FileNotFoundException>(
                () => CollectAsync($$"""{"logfile":"{{Path.Join(directory, "none")}}"}"""));
            Assert.StartsWith(
                "provided log configuration is invalid",
                (await Assert.ThrowsAsync<DiagnosticException>(() => CollectAsync("""{"uid":"1000"}"""))).Message,
                StringComparison.Ordinal);
            await Assert.ThrowsAsync<DiagnosticException>(() => CollectAsync("x"));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task<string> CollectAsync(string settings)
    {
        using var output = new MemoryStream();
        await new LogCollection(null, null, TimeProvider.System).WriteAsync(
            Encoding.UTF8.GetBytes(settings), output, CancellationToken.None);
        return Encoding.UTF8.GetString(output.ToArray());
    }

    private static string Read(ZipArchive zip, string name)
    {
        using var reader = new StreamReader(zip.GetEntry(name)!.Open());
        return reader.ReadToEnd();
    }
}
