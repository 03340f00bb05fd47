using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Diagnosing;

/// <summary>Runs jobs one after another and puts their files into an archive (supervisor-and-operations, section 7.4).</summary>
internal static partial class DiagnosticArchive
{
    private const string ReportFile = "task-result.json";

    /// <summary>Longest that all jobs may take.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(45);

    /// <summary>Name of an archive that is written now: local time with its offset, without colons.</summary>
    public static string NameAt(DateTimeOffset time)
    {
        var zone = time.Offset == TimeSpan.Zero ? "Z" : time.ToString("zzz", CultureInfo.InvariantCulture);
        var text = time.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture) + zone;
        return $"cloudflared-diag-{text.Replace(':', '-')}.zip";
    }

    /// <summary>Writes an archive. A job that fails has no file, and its error is in the report.</summary>
    /// <returns>Whether all jobs succeeded.</returns>
    /// <exception cref="IOException">The archive cannot be written.</exception>
    public static async Task<bool> WriteAsync(
        Stream archive, IReadOnlyList<DiagnosticJob> jobs, ILogger logger, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        over.CancelAfter(Limit);
        var results = new List<(string Name, string? Error)>();
        var zip = await ZipArchive.CreateAsync(archive, ZipArchiveMode.Create, leaveOpen: true, null, cancellationToken)
            .ConfigureAwait(false);
        await using (zip.ConfigureAwait(false))
        {
            foreach (var job in jobs)
            {
                results.Add((job.Name, await RunAsync(zip, job, logger, over.Token).ConfigureAwait(false)));
                cancellationToken.ThrowIfCancellationRequested();
            }

            var report = await zip.CreateEntry(ReportFile).OpenAsync(cancellationToken).ConfigureAwait(false);
            await using (report.ConfigureAwait(false))
            {
                await report.WriteAsync(Report(results), cancellationToken).ConfigureAwait(false);
            }
        }

        return results.TrueForAll(result => result.Error is null);
    }

    private static async Task<string?> RunAsync(
        ZipArchive zip, DiagnosticJob job, ILogger logger, CancellationToken cancellationToken)
    {
        LogCollecting(logger, job.Name);
        try
        {
            // First into memory: a file that is cut short is worse than none.
            using var content = new MemoryStream();
            await job.Collect(content, cancellationToken).ConfigureAwait(false);
            content.Position = 0;
            var entry = await zip.CreateEntry(job.File).OpenAsync(CancellationToken.None).ConfigureAwait(false);
            await using (entry.ConfigureAwait(false))
            {
                await content.CopyToAsync(entry, CancellationToken.None).ConfigureAwait(false);
            }

            LogCollected(logger, job.Name);
            return null;
        }
        catch (Exception e)
            when (e is HttpRequestException or DiagnosticException or OperationCanceledException or UnauthorizedAccessException
                or FileNotFoundException or DirectoryNotFoundException)
        {
            LogFailed(logger, job.Name, e.Message);
            return e.Message;
        }
    }

    private static byte[] Report(IReadOnlyList<(string Name, string? Error)> results)
    {
        using var report = new MemoryStream();
        using (var json = new Utf8JsonWriter(report))
        {
            json.WriteStartObject();
            foreach (var (name, error) in results)
            {
                json.WriteStartObject(name);
                json.WriteString("result", error is null ? "success" : "failure");
                if (error is not null)
                {
                    json.WriteString("error", error);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return report.ToArray();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Collecting {job}...")]
    private static partial void LogCollecting(ILogger logger, string job);

    [LoggerMessage(Level = LogLevel.Information, Message = "Collected {job}.")]
    private static partial void LogCollected(ILogger logger, string job);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job: {job} finished with error. {error}")]
    private static partial void LogFailed(ILogger logger, string job, string error);
}
