using Culvert.CommandLine.Reloading;
using Culvert.Connector;
using Culvert.Connector.Registration;
using Culvert.Engine.Metrics;
using Culvert.Transports.Quic;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Commands;

/// <summary>Runs a connector in the foreground until it is asked to stop.</summary>
internal static partial class ConnectorRun
{
    /// <param name="options">What it runs with.</param>
    /// <param name="logger">Gets its lines.</param>
    /// <param name="stop">Asks it to stop.</param>
    /// <param name="reload">Changes its configuration while it runs; null for nothing.</param>
    /// <exception cref="CommandException">The connector cannot go on.</exception>
    public static async Task<int> RunAsync(
        ConnectorOptions options, ILogger logger, CancellationToken stop, ConfigurationReload? reload = null)
    {
        try
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var connector = new Connector.Connector(options, logger);
            var reloading = reload?.RunAsync(connector, ended.Token) ?? Task.CompletedTask;
            try
            {
                await connector.RunAsync(stop).ConfigureAwait(false);
            }
            finally
            {
                await ended.CancelAsync().ConfigureAwait(false);
                await reloading.ConfigureAwait(false);
            }

            return 0;
        }
        catch (RegistrationRefusedException e)
        {
            throw new CommandException($"the edge refused tunnel {options.Credentials.TunnelId}: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or QuicUnavailableException or MetricsServerException)
        {
            throw new CommandException(e.Message, e);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Initiating graceful shutdown due to signal {signal} ...")]
    public static partial void LogSignal(ILogger logger, string signal);

    /// <summary>Logs a line of a box as it is.</summary>
    public static void LogLine(ILogger logger, string line) =>
        logger.Log(LogLevel.Information, default, line, null, static (text, _) => text);
}
