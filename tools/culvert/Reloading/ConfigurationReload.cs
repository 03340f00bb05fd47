using System.Globalization;
using Culvert.CommandLine.Commands;
using Culvert.CommandLine.Signals;
using Culvert.Ingress.Files;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Snapshots;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Reloading;

/// <summary>
/// Reads a connector's configuration file again when it has changed, and puts its rules into force. A file that is not valid is
/// reported and changes nothing.
/// </summary>
/// <param name="configuration">The file and the flags around it.</param>
/// <param name="ingress">Makes the rules.</param>
/// <param name="hangup">Asks for it too.</param>
/// <param name="logger">Gets a line for each time.</param>
internal sealed partial class ConfigurationReload(
    ConfigurationFlag configuration, Func<LoadedConfiguration, IngressSnapshot> ingress, HangupSignal hangup, ILogger logger)
{
    private readonly LoadedConfiguration _atStart = configuration.Loaded;

    /// <summary>Runs until it is cancelled.</summary>
    public Task RunAsync(Connector.Connector connector, CancellationToken cancellationToken) => configuration.Watch is { } watch
        ? ReloadLoop.RunAsync(watch, hangup, ct => ReloadAsync(connector, ct), cancellationToken) : Task.CompletedTask;

    private async Task ReloadAsync(Connector.Connector connector, CancellationToken cancellationToken)
    {
        var path = configuration.Path!;
        try
        {
            var loaded = configuration.Load();
            if (loaded.File is null)
            {
                // Half of a file that is being written looks like this too.
                LogNotReloaded(logger, $"configuration file {path} is empty");
                return;
            }

            ConfigurationFlag.Warn(logger, loaded.File);
            var rules = ingress(loaded);
            if (await connector.ReloadAsync(rules, loaded.WarpRouting, cancellationToken).ConfigureAwait(false))
            {
                LogReloaded(logger, path, rules.Rules.Count);
            }
            else
            {
                LogNotUsed(logger, path, connector.Configuration.Version);
            }

            if (loaded.ChangedAtStartOnly(_atStart) is { Count: > 0 } names)
            {
                LogAtStartOnly(logger, path, string.Join(", ", names));
            }
        }
        catch (IngressException e)
        {
            LogNotReloaded(logger, Describe(path, e));
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Nothing that a file brings about may end the watch.
            LogNotReloaded(logger, e.Message);
        }
    }

    // Errors of the file's form name it, and their place, themselves.
    internal static string Describe(string path, IngressException e) =>
        e is not ConfigurationFileException && e.Place is { } place
            ? string.Create(CultureInfo.InvariantCulture, $"{path}: line {place.Line}, column {place.Column}: {e.Message}")
            : e.Message;

    [LoggerMessage(Level = LogLevel.Information, Message = "Configuration file has been updated {path} {rules}")]
    private static partial void LogReloaded(ILogger logger, string path, int rules);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Configuration file has changed, but the configuration of the edge stays in force {path} {version}")]
    private static partial void LogNotUsed(ILogger logger, string path, int version);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Settings that take effect at the next start only have changed since this one {path} {settings}")]
    private static partial void LogAtStartOnly(ILogger logger, string path, string settings);

    [LoggerMessage(Level = LogLevel.Error, Message = "Failed to read new config, the old one stays in force {error}")]
    private static partial void LogNotReloaded(ILogger logger, string error);
}
