using Culvert.Connector.EdgeAddresses;
using Culvert.Connector.Logging;
using Microsoft.Extensions.Logging;

namespace Culvert.Connector.Prechecks;

/// <summary>
/// Tells operators what of the network a tunnel needs and does not get (supervisor-and-operations, section 7.5).
/// </summary>
public static partial class Precheck
{
    /// <summary>Longest run of a connector that starts.</summary>
    public static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(10);

    /// <summary>Longest run of a diagnostic.</summary>
    public static readonly TimeSpan DiagnosticLimit = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long a start may go on alone: the handshakes of the pre-checks cost what registering does, and most starts are over
    /// before.
    /// </summary>
    internal static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);

    /// <summary>Looks at the network.</summary>
    /// <param name="options">Addresses do not count; everything else does as it does for connections.</param>
    /// <param name="targets">Whom to look at.</param>
    /// <param name="limit">Longest that it may take.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    public static async Task<PrecheckReport> RunAsync(
        ConnectorOptions options, PrecheckOptions targets, TimeSpan limit, CancellationToken cancellationToken,
        TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(targets);
        var clock = time ?? TimeProvider.System;
        var probes = new EdgeProbes(targets, options, clock);
        await using (probes.ConfigureAwait(false))
        {
            // The flag chooses among addresses that were found, not among those that were given.
            var version = targets.Edges.Count > 0 ? EdgeIpVersion.Auto : options.EdgeIpVersion;
            return await new PrecheckRun(probes, options.Protocol, version, clock).RunAsync(limit, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    /// <summary>Runs beside a start and logs what it found. Never fails, and never holds anything up.</summary>
    /// <param name="options">What the connector runs with.</param>
    /// <param name="targets">Whom to look at.</param>
    /// <param name="connected">Ends when the connector has registered.</param>
    /// <param name="logger">Takes the report.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stop">Ends it.</param>
    internal static async Task RunBesideAsync(
        ConnectorOptions options, PrecheckOptions targets, Task connected, ILogger logger, TimeProvider time,
        CancellationToken stop)
    {
        try
        {
            await connected.WaitAsync(Delay, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Log(await RunAsync(options, targets, StartLimit, stop, time).ConfigureAwait(false), logger);
        }
        catch (OperationCanceledException)
        {
            // The connector stops.
        }
        catch (Exception e)
        {
            LogNotRun(logger, e.Message);
        }
    }

    /// <summary>Logs a report: a box for people, and a line for each row for machines.</summary>
    internal static void Log(PrecheckReport report, ILogger logger)
    {
        foreach (var line in AsciiBox.Lines([.. PrecheckTable.Lines(report)], PrecheckTable.Title))
        {
            logger.Log(LogLevel.Information, default, line, null, static (text, _) => text);
        }

        foreach (var row in report.Rows)
        {
            var status = row.Status switch { ProbeStatus.Pass => "pass", ProbeStatus.Fail => "fail", _ => "skip" };
            LogRow(logger, report.RunId, row.Component, row.Target, status, row.Details);
        }

        if (report.SuggestedName is { } suggested)
        {
            LogComplete(logger, report.RunId, report.HardFail, suggested);
        }
        else
        {
            LogCompleteWithoutSuggestion(logger, report.RunId, report.HardFail);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "precheck {run_id} {component} {target} {status} {details}")]
    private static partial void LogRow(
        ILogger logger, Guid run_id, string component, string target, string status, string details);

    [LoggerMessage(Level = LogLevel.Information, Message = "precheck complete {run_id} {hard_fail} {suggested_protocol}")]
    private static partial void LogComplete(ILogger logger, Guid run_id, bool hard_fail, string suggested_protocol);

    [LoggerMessage(Level = LogLevel.Information, Message = "precheck complete {run_id} {hard_fail}")]
    private static partial void LogCompleteWithoutSuggestion(ILogger logger, Guid run_id, bool hard_fail);

    [LoggerMessage(Level = LogLevel.Debug, Message = "precheck not run {error}")]
    private static partial void LogNotRun(ILogger logger, string error);
}
