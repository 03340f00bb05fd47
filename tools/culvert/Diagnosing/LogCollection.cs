using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Culvert.CommandLine.Diagnosing;

/// <summary>
/// The log of a running connector: of its pod or container, of the files that it says it writes, or of the system's journal
/// (supervisor-and-operations, section 7.4).
/// </summary>
/// <param name="container">Container, or null.</param>
/// <param name="pod">Pod, or null.</param>
/// <param name="time">The clock.</param>
internal sealed class LogCollection(string? container, string? pod, TimeProvider time)
{
    private const string Lines = "10000";
    private const string RootUser = "0";
    private const string ErrorFile = "/var/log/cloudflared.err";
    private const string FileName = "cloudflared.log";

    // Units that run a connector, ours and the original's, where installers put them.
    private static readonly string[] Units = ["culvert", "cloudflared"];

    private static readonly TimeSpan Span = TimeSpan.FromDays(14);

    /// <summary>Writes the log.</summary>
    /// <param name="settings">The answer of <c>/diag/configuration</c>.</param>
    /// <param name="output">Gets it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DiagnosticException">There is none that can be found.</exception>
    public async Task WriteAsync(byte[] settings, Stream output, CancellationToken cancellationToken)
    {
        var since = (time.GetUtcNow() - Span).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        if (pod is not null)
        {
            string[] ofContainer = container is null ? [] : ["-c", container];
            await WriteOutputAsync(
                "kubectl", ["logs", pod, "--since-time", since, "--tail", Lines, .. ofContainer], output, cancellationToken)
                .ConfigureAwait(false);
        }
        else if (container is not null)
        {
            await WriteOutputAsync("docker", ["logs", "--tail", Lines, "--since", since, container], output, cancellationToken)
                .ConfigureAwait(false);
        }
        else
        {
            await WriteOfHostAsync(settings, since, output, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task WriteOfHostAsync(byte[] settings, string since, Stream output, CancellationToken cancellationToken)
    {
        var (file, directory, user) = Read(settings);
        if (file is not null)
        {
            await WriteFileAsync(file, output, cancellationToken).ConfigureAwait(false);
        }
        else if (directory is not null)
        {
            // Full ones by their time, and the current one at the end.
            var files = Directory.GetFiles(directory, "cloudflared*.log").OrderBy(path => Path.GetFileName(path) == FileName)
                .ThenBy(path => path, StringComparer.Ordinal);
            foreach (var path in files)
            {
                await WriteFileAsync(path, output, cancellationToken).ConfigureAwait(false);
            }
        }
        else if (user == RootUser && Array.Find(Units, HasUnit) is { } unit)
        {
            await WriteOutputAsync(
                "journalctl", ["--since", since.Replace('T', ' ').TrimEnd('Z') + " UTC", "-u", unit + ".service"], output,
                cancellationToken)
                .ConfigureAwait(false);
        }
        else if (user == RootUser && File.Exists(ErrorFile))
        {
            await WriteFileAsync(ErrorFile, output, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            throw new DiagnosticException(
                "provided log configuration is invalid: the connector writes no file. Use --diag-container-id or --diag-pod-id " +
                "if it runs in a container");
        }
    }

    private static (string? File, string? Directory, string? User) Read(byte[] settings)
    {
        try
        {
            using var document = JsonDocument.Parse(settings);
            string? Find(string name) => document.RootElement.TryGetProperty(name, out var value) ? value.GetString() : null;
            return (Find("logfile"), Find("log-directory"), Find("uid"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new DiagnosticException($"the connector's configuration cannot be read: {e.Message}", e);
        }
    }

    private static bool HasUnit(string unit) => File.Exists($"/etc/systemd/system/{unit}.service");

    private static async Task WriteFileAsync(string path, Stream output, CancellationToken cancellationToken)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        await using (file.ConfigureAwait(false))
        {
            await file.CopyToAsync(output, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task WriteOutputAsync(
        string program, IReadOnlyList<string> arguments, Stream output, CancellationToken cancellationToken)
    {
        var (text, succeeded) = await Subprocess.RunAsync(program, arguments, cancellationToken).ConfigureAwait(false);
        if (!succeeded)
        {
            throw new DiagnosticException($"{program} failed: {text.Trim()}");
        }

        await output.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken).ConfigureAwait(false);
    }
}
