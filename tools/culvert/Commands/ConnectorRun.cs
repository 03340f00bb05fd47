using Culvert.CommandLine.Readiness;
using Culvert.CommandLine.Reloading;
using Culvert.CommandLine.Residency;
using Culvert.CommandLine.Signals;
using Culvert.Connector;
using Culvert.Connector.Registration;
using Culvert.Engine.Metrics;
using Culvert.Transports.Quic;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Commands;

/// <summary>Runs a connector in the foreground until it is asked to stop.</summary>
internal static partial class ConnectorRun
{
    // By then the other connections are there, too.
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(5);

    /// <param name="options">What it runs with.</param>
    /// <param name="logger">Gets its lines.</param>
    /// <param name="readiness">Told when it serves, and when it stops.</param>
    /// <param name="stop">Asks it to stop.</param>
    /// <param name="reload">Changes its configuration while it runs; null for nothing.</param>
    /// <param name="control">Commands for tests, one a line; null for none.</param>
    /// <param name="logDrops">How many log events were not written; null when nobody counts.</param>
    /// <exception cref="CommandException">The connector cannot go on.</exception>
    /// <exception cref="OperationCanceledException">It was asked to stop before it had begun.</exception>
    public static async Task<int> RunAsync(
        ConnectorOptions options, ILogger logger, ReadinessReport readiness, CancellationToken stop,
        ConfigurationReload? reload = null,
        TextReader? control = null, Func<long>? logDrops = null)
    {
        try
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var connector = new Connector.Connector(options, logger);
            connector.Metrics.WatchLog(logDrops ?? (static () => 0));
            var serving = TellAsync(connector.Connected, readiness, ended.Token);
            await using var stopping = stop.UnsafeRegister(static told => ((ReadinessReport)told!).Stopping(), readiness);
            var reloading = reload?.RunAsync(connector, ended.Token) ?? Task.CompletedTask;
            var controlling = control is null ? Task.CompletedTask
                : StandardInputControl.RunAsync(control, after => connector.Reconnect(after), logger, ended.Token);
            var reporting = StartReport.LogVersionAsync(logger, options.Version);
            try
            {
                await connector.RunAsync(stop).ConfigureAwait(false);
            }
            finally
            {
                await ended.CancelAsync().ConfigureAwait(false);
                await reloading.ConfigureAwait(false);
                await controlling.ConfigureAwait(false);
                await reporting.ConfigureAwait(false);
                await serving.ConfigureAwait(false);
            }

            return ExitCode.Success;
        }
        catch (RegistrationRefusedException e)
        {
            throw new CommandException($"the edge refused tunnel {options.Credentials.TunnelId}: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or QuicUnavailableException or MetricsServerException)
        {
            throw new CommandException(e.Message, e);
        }
    }

    private static async Task TellAsync(Task connected, ReadinessReport readiness, CancellationToken ended)
    {
        await connected.WaitAsync(ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (connected.IsCompletedSuccessfully)
        {
            readiness.Ready();
            await Task.Delay(Settled, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!ended.IsCancellationRequested)
            {
                ProgramImage.Release();
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Initiating graceful shutdown due to signal {signal} ...")]
    public static partial void LogSignal(ILogger logger, string signal);

    /// <summary>Logs a line of a box as it is.</summary>
    public static void LogLine(ILogger logger, string line) =>
        logger.Log(LogLevel.Information, default, line, null, static (text, _) => text);
}
