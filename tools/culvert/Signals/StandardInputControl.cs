using Culvert.Ingress.Values;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Signals;

/// <summary>
/// Commands for a running connector on standard input, for tests: <c>reconnect</c>, <c>reconnect 5s</c> and <c>help</c>
/// (supervisor-and-operations, section 2.9).
/// </summary>
internal static partial class StandardInputControl
{
    private const string Help =
        "Supported command: reconnect [delay]: restarts one randomly chosen connection with optional delay before reconnect";

    /// <summary>Obeys until the input ends.</summary>
    /// <param name="input">The commands, one a line.</param>
    /// <param name="reconnect">Breaks a connection that comes back after a time.</param>
    /// <param name="logger">Takes its lines.</param>
    /// <param name="stop">Ends it.</param>
    public static async Task RunAsync(TextReader input, Action<TimeSpan> reconnect, ILogger logger, CancellationToken stop)
    {
        LogEnabled(logger);
        try
        {
            while (await input.ReadLineAsync(stop).AsTask().WaitAsync(stop).ConfigureAwait(false) is { } line)
            {
                var command = line.Trim();
                switch (command.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
                {
                    case []:
                        break;
                    case ["reconnect"]:
                        LogReconnecting(logger);
                        reconnect(TimeSpan.Zero);
                        break;
                    case ["reconnect", var delay] when GoDuration.TryParse(delay, out var after) && after >= TimeSpan.Zero:
                        LogReconnecting(logger);
                        reconnect(after);
                        break;
                    case ["help"]:
                        LogHelp(logger, Help);
                        break;
                    default:
                        LogUnknown(logger, command);
                        LogHelp(logger, Help);
                        break;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The connector stops, or the input cannot be read: there are no more commands.
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Enabling control through stdin")]
    private static partial void LogEnabled(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "Sending reconnect signal")]
    private static partial void LogReconnecting(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "Unknown command {command}")]
    private static partial void LogUnknown(ILogger logger, string command);

    [LoggerMessage(Level = LogLevel.Information, Message = "{help}")]
    private static partial void LogHelp(ILogger logger, string help);
}
