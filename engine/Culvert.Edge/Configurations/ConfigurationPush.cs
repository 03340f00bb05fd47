using Culvert.Edge.Tunnels;
using Culvert.Transports.Configuration;
using Culvert.Transports.Connections;
using Culvert.Transports.Streams;
using Microsoft.Extensions.Logging;

namespace Culvert.Edge.Configurations;

/// <summary>
/// Sends a tunnel's configuration over one of its connections: when the connection has registered, and when the configuration
/// changes (ingress-and-config, section 6.11).
/// </summary>
internal sealed partial class ConfigurationPush(Tunnel tunnel, TunnelConnection connection, TimeProvider time, ILogger logger)
{
    /// <summary>How often a configuration is sent that is not answered; one that is refused is not sent again.</summary>
    internal const int MaxAttempts = 5;

    /// <summary>How long a connector may take to answer; those of the original end the conversation after 5 s.</summary>
    internal static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(10);

    /// <summary>Wait after the first attempt; each further one is twice as long.</summary>
    internal static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);

    /// <summary>Runs until the connection takes no more requests.</summary>
    public async Task RunAsync(CancellationToken ended)
    {
        TunnelConfiguration? sent = null;
        while (!ended.IsCancellationRequested)
        {
            // Taken before the configuration is read, so that no change is missed.
            var changed = tunnel.ConfigurationChanged;
            if (tunnel.Configuration is { } next && next != sent)
            {
                sent = next;
                await SendAsync(next, changed, ended).ConfigureAwait(false);
            }

            await changed.WaitAsync(ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task SendAsync(TunnelConfiguration configuration, Task changed, CancellationToken ended)
    {
        var wait = FirstRetry;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var limit = new LinkedDeadline(AnswerLimit, time, ended);
                Answered(
                    configuration, await connection.UpdateConfigurationAsync(configuration, limit.Token).ConfigureAwait(false));
                return;
            }
            catch (Exception) when (ended.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is ConnectorLostException or OperationCanceledException)
            {
                var reason = e is OperationCanceledException ? $"no answer within {AnswerLimit.TotalSeconds} s" : e.Message;
                LogNotAnswered(
                    logger, tunnel.Hostname, connection.ConnectorId, connection.Index, configuration.Version, attempt, reason);
            }

            if (attempt == MaxAttempts)
            {
                return;
            }

            // A newer configuration need not wait for this one.
            await Task.WhenAny(Task.Delay(wait, time, ended), changed).ConfigureAwait(false);
            if (changed.IsCompleted || ended.IsCancellationRequested)
            {
                return;
            }

            wait *= 2;
        }
    }

    private void Answered(TunnelConfiguration configuration, ConfigurationUpdateResult answer)
    {
        if (!string.IsNullOrEmpty(answer.Error))
        {
            LogRefused(
                logger, tunnel.Hostname, connection.ConnectorId, connection.Index, configuration.Version,
                answer.LatestAppliedVersion, answer.Error);
        }
        else if (answer.LatestAppliedVersion > configuration.Version)
        {
            LogNewer(
                logger, tunnel.Hostname, connection.ConnectorId, connection.Index, configuration.Version,
                answer.LatestAppliedVersion);
        }
        else
        {
            LogApplied(logger, tunnel.Hostname, connection.ConnectorId, connection.Index, configuration.Version);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Information, Message = "Connector runs the configuration {hostname} {connector} {connIndex} {version}")]
    private static partial void LogApplied(ILogger logger, string hostname, Guid connector, byte connIndex, int version);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Connector runs a newer configuration than this node has; write the file again to make it count " +
            "{hostname} {connector} {connIndex} {version} {running}")]
    private static partial void LogNewer(
        ILogger logger, string hostname, Guid connector, byte connIndex, int version, int running);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Connector refused the configuration {hostname} {connector} {connIndex} {version} {running} {error}")]
    private static partial void LogRefused(
        ILogger logger, string hostname, Guid connector, byte connIndex, int version, int running, string error);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Connector did not answer the configuration {hostname} {connector} {connIndex} {version} {attempt} {error}")]
    private static partial void LogNotAnswered(
        ILogger logger, string hostname, Guid connector, byte connIndex, int version, int attempt, string error);
}
