using System.CommandLine;
using System.Text.Json;
using Culvert.CommandLine.Diagnosing;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Commands;

/// <summary>
/// <c>culvert tunnel diag</c>: collects what a running connector and its machine say of themselves (supervisor-and-operations,
/// section 7.4).
/// </summary>
internal sealed partial class DiagCommand(LogFlags log, ConnectorFlags connector)
{
    private static readonly string[] HostedEdge = ["region1.v2.argotunnel.com", "region2.v2.argotunnel.com"];
    private static readonly TimeSpan RequestLimit = TimeSpan.FromSeconds(15);

    private readonly Option<string?> _container = new("--diag-container-id")
    {
        Description = "Container that the connector runs in, for its log.",
        HelpName = "CONTAINER",
    };

    private readonly Option<string?> _pod = new("--diag-pod-id")
    {
        Description = "Pod that the connector runs in, for its log.",
        HelpName = "POD",
    };
    private readonly Option<bool> _noLogs = new("--no-diag-logs") { Description = "Leave the log out." };
    private readonly Option<bool> _noMetrics = new("--no-diag-metrics") { Description = "Leave the metrics out." };
    private readonly Option<bool> _noSystem = new("--no-diag-system")
    {
        Description = "Leave the machine's memory, disks and the like out.",
    };
    private readonly Option<bool> _noRuntime = new("--no-diag-runtime")
    {
        Description = "Leave the process's memory and threads out.",
    };
    private readonly Option<bool> _noNetwork = new("--no-diag-network") { Description = "Leave the ways to the edge out." };

    public Command Create()
    {
        var command = new Command("diag", "Collect what helps to find out why a running connector does not work, as an archive.")
        {
            _container, _pod, _noLogs, _noMetrics, _noSystem, _noRuntime, _noNetwork,
        };
        command.SetAction(RunAsync);
        return command;
    }

    // As in the original, the exit status is 0 whatever was found.
    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var logger = log.CreateLogger(parsed);
        using var client = new HttpClient { Timeout = RequestLimit };
        client.DefaultRequestHeaders.TryAddWithoutValidation("Accept", "application/json;version=1");
        var addresses = connector.Metrics.Given(parsed) is { } given ? [Address(given)] : Instance.KnownAddresses;
        var instances = await Instance.FindAsync(client, addresses, cancellationToken).ConfigureAwait(false);
        switch (instances)
        {
            case []:
                LogNone(logger);
                break;
            case [var instance]:
                await CollectAsync(parsed, instance, client, logger, cancellationToken).ConfigureAwait(false);
                break;
            default:
                Choose(instances, logger);
                break;
        }

        return 0;
    }

    private static Uri Address(string given) => Uri.TryCreate($"http://{given}", UriKind.Absolute, out var address)
        ? address : throw new CommandException($"--metrics: '{given}' is not HOST:PORT such as 127.0.0.1:20241");

    private static void Choose(IReadOnlyList<Instance> instances, ILogger logger)
    {
        LogSeveral(logger);
        foreach (var instance in instances)
        {
            ConnectorRun.LogLine(
                logger,
                $"Instance: tunnel-id={instance.TunnelId} connector-id={instance.ConnectorId} " +
                $"metrics-address={instance.Address.OriginalString}");
        }

        LogHint(logger);
    }

    private async Task CollectAsync(
        ParseResult parsed, Instance instance, HttpClient client, ILogger logger, CancellationToken cancellationToken)
    {
        LogSelected(logger, instance.Address);
        var name = DiagnosticArchive.NameAt(TimeProvider.System.GetLocalNow());
        try
        {
            var file = new FileStream(name, FileMode.CreateNew, FileAccess.Write);
            await using (file.ConfigureAwait(false))
            {
                using var traces = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                traces.CancelAfter(DiagnosticArchive.Limit);
                var jobs = await JobsAsync(parsed, instance, client, logger, traces.Token).ConfigureAwait(false);
                var succeeded = await DiagnosticArchive.WriteAsync(file, jobs, logger, cancellationToken).ConfigureAwait(false);
                LogWritten(logger, name);
                if (succeeded)
                {
                    LogCompleted(logger);
                }
                else
                {
                    LogCompletedWithErrors(logger);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotWritten(logger, name, e.Message);
        }
    }

    private async Task<IReadOnlyList<DiagnosticJob>> JobsAsync(
        ParseResult parsed, Instance instance, HttpClient client, ILogger logger, CancellationToken cancellationToken)
    {
        var settings = await SettingsAsync(instance, client, cancellationToken).ConfigureAwait(false);
        var trace = parsed.GetValue(_noNetwork) ? null : TraceRoute.Start(Edges(settings), cancellationToken);
        var logs = new LogCollection(parsed.GetValue(_container), parsed.GetValue(_pod), TimeProvider.System);
        (DiagnosticJob Job, bool Wanted)[] all =
        [
            (Download("tunnel state", "tunnelstate.json", "/diag/tunnel"), true),
            (Download("system information", "systeminformation.json", "/diag/system"), !parsed.GetValue(_noSystem)),
            (Download("runtime information", "runtime.json", "/diag/runtime"), !parsed.GetValue(_noRuntime)),
            (Download("metrics", "metrics.txt", "/metrics"), !parsed.GetValue(_noMetrics)),
            (new("log information", "cloudflared_logs.txt", async (output, token) => await logs.WriteAsync(
                await client.GetByteArrayAsync(new Uri(instance.Address, "/diag/configuration"), token).ConfigureAwait(false),
                output, token)
                .ConfigureAwait(false)), !parsed.GetValue(_noLogs)),
            (new("raw network information", "raw-network.txt", (output, token) => trace!.WriteRawAsync(output, token)),
                trace is not null),
            (new("network information", "network.json", (output, token) => trace!.WriteJsonAsync(output, token)),
                trace is not null),
            (Download("cli configuration", "cli-configuration.json", "/diag/configuration"), true),
            (Download("configuration", "configuration.json", "/config"), true),
            (new("connectivity pre-checks", "prechecks.json", async (output, token) => await (
                await connector.PrecheckAsync(parsed, settings, logger, token)
                    .ConfigureAwait(false)).WriteJsonAsync(output, token)
                .ConfigureAwait(false)), trace is not null),
        ];
        return [.. all.Where(job => job.Wanted).Select(job => job.Job)];

        DiagnosticJob Download(string name, string file, string path) => new(name, file, async (output, token) =>
        {
            using var response = await client.GetAsync(new Uri(instance.Address, path), token).ConfigureAwait(false);
            response.EnsureSuccessStatusCode();
            await response.Content.CopyToAsync(output, token).ConfigureAwait(false);
        });
    }

    // What the connector was told; nothing when it does not say.
    private static async Task<IReadOnlyDictionary<string, string>> SettingsAsync(
        Instance instance, HttpClient client, CancellationToken cancellationToken)
    {
        try
        {
            using var settings = JsonDocument.Parse(
                await client.GetByteArrayAsync(new Uri(instance.Address, "/diag/configuration"), cancellationToken)
                    .ConfigureAwait(false));
            return settings.RootElement.EnumerateObject().Where(setting => setting.Value.ValueKind == JsonValueKind.String)
                .DistinctBy(setting => setting.Name).ToDictionary(setting => setting.Name, setting => setting.Value.GetString()!);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or InvalidOperationException)
        {
            return new Dictionary<string, string>();
        }
    }

    // Where the connector was told to go; else the hosted edge.
    private static string[] Edges(IReadOnlyDictionary<string, string> settings) =>
        settings.GetValueOrDefault("edge") is { Length: > 0 } edges
            ? [.. edges.Split(',').Select(
                edge => Uri.TryCreate($"edge://{edge}", UriKind.Absolute, out var url) ? url.Host.Trim('[', ']') : "")
                .Where(host => host.Length > 0).Distinct()]
            : HostedEdge;

    [LoggerMessage(Level = LogLevel.Warning, Message = "No instances found")]
    private static partial void LogNone(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "Found multiple instances running:")]
    private static partial void LogSeveral(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "To select one of the instances use the option --metrics")]
    private static partial void LogHint(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "Selected server {address} starting diagnostic...")]
    private static partial void LogSelected(ILogger logger, Uri address);

    [LoggerMessage(Level = LogLevel.Information, Message = "Diagnostic file written: {name}")]
    private static partial void LogWritten(ILogger logger, string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "Diagnostic completed")]
    private static partial void LogCompleted(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Diagnostic completed with one or more errors")]
    private static partial void LogCompletedWithErrors(ILogger logger);

    [LoggerMessage(Level = LogLevel.Error, Message = "Diagnostic file cannot be written {path} {error}")]
    private static partial void LogNotWritten(ILogger logger, string path, string error);
}
