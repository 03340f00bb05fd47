using System.Diagnostics.CodeAnalysis;
using System.Text;
using Culvert.Connector.Metrics;
using Culvert.Engine.Flows;
using Culvert.Engine.Proxying;
using Culvert.Engine.Routing;
using Culvert.Ingress.Configuration;
using Culvert.Ingress.Remote;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Snapshots;
using Culvert.Transports.Configuration;
using Microsoft.Extensions.Logging;

namespace Culvert.Connector.Orchestration;

/// <summary>
/// Changes the configuration of a running connector: at the edge's word, or when its own was read again. The origins of the next
/// rules are started before anything changes, so that a configuration is in force whole or not at all (ingress-and-config,
/// section 6). Thread-safe; changes are made one after another.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore without a wait handle owns nothing.")]
public sealed partial class Orchestrator : IConfigurationService
{
    /// <summary>Most updates that wait for their turn, the one that is under way included; a further one is refused.</summary>
    internal const int MaxPendingUpdates = 16;

    /// <summary>Most of a configuration that is logged, in bytes.</summary>
    private const int MaxLoggedBytes = 8 * 1024;

    private readonly ulong? _maxActiveFlows;
    private readonly FlowLimiter _flows;
    private readonly ConnectorMetrics _metrics;
    private readonly ILogger _logger;
    private readonly CancellationToken _stop;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private ConfigurationInForce _current;
    private TaskCompletionSource _localChanged = NewSignal();
    private int _pending;

    /// <summary>Takes charge of a proxy that serves the configuration of <paramref name="options"/>.</summary>
    /// <param name="options">The connector's own configuration.</param>
    /// <param name="proxy">Serves the requests; stays the caller's.</param>
    /// <param name="flows">Gets the limit of the configuration in force.</param>
    /// <param name="metrics">Gets the version in force.</param>
    /// <param name="logger">Gets a line for each change.</param>
    /// <param name="stop">Cancelled when the connector stops: nothing is changed any more.</param>
    public Orchestrator(
        ConnectorOptions options, Proxy proxy, FlowLimiter flows, ConnectorMetrics metrics, ILogger logger,
        CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(flows);
        _maxActiveFlows = options.MaxActiveFlows;
        Proxy = proxy;
        _flows = flows;
        _metrics = metrics;
        _logger = logger;
        _stop = stop;
        _current = new ConfigurationInForce(ConfigurationInForce.Local, options.Ingress, WithOverrides(options.WarpRouting));
        _flows.Limit = FlowLimit(_current.WarpRouting);
    }

    /// <summary>Serves the requests by the configuration in force.</summary>
    public Proxy Proxy { get; }

    /// <summary>What is in force.</summary>
    public ConfigurationInForce Current => Volatile.Read(ref _current);

    /// <summary>Ends when the connector's own configuration, being in force, has changed. Each change makes a new task.</summary>
    public Task LocalChanged => Volatile.Read(ref _localChanged).Task;

    /// <summary>
    /// Puts the edge's configuration into force if it is newer than what is. Whatever is wrong with it is answered as text, and
    /// the old one stays.
    /// </summary>
    /// <inheritdoc/>
    public async ValueTask<ConfigurationUpdateResult> UpdateConfigurationAsync(
        ConfigurationUpdate update, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(update);
        try
        {
            if (Interlocked.Increment(ref _pending) > MaxPendingUpdates)
            {
                return new ConfigurationUpdateResult(
                    Current.Version, $"{MaxPendingUpdates} configuration updates are waiting already");
            }

            await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                return await UpdateAsync(update, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                _turn.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _pending);
        }
    }

    /// <summary>Puts the connector's own configuration into force, unless the edge has sent one, which counts more.</summary>
    /// <param name="ingress">The rules.</param>
    /// <param name="warpRouting">How private networks are reached.</param>
    /// <param name="cancellationToken">Gives up before anything has changed.</param>
    /// <returns>False when the edge's configuration stays in force.</returns>
    /// <exception cref="IngressException">An origin could not start, or the connector stops; nothing has changed.</exception>
    public async Task<bool> ReloadAsync(IngressSnapshot ingress, WarpRouting warpRouting, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ingress);
        ArgumentNullException.ThrowIfNull(warpRouting);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (Current.Version != ConfigurationInForce.Local)
            {
                return false;
            }

            await ApplyAsync(
                new ConfigurationInForce(ConfigurationInForce.Local, ingress, WithOverrides(warpRouting)), cancellationToken)
                .ConfigureAwait(false);
            Interlocked.Exchange(ref _localChanged, NewSignal()).SetResult();
            return true;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<ConfigurationUpdateResult> UpdateAsync(ConfigurationUpdate update, CancellationToken cancellationToken)
    {
        if (update.Version <= Current.Version)
        {
            LogOld(_logger, Current.Version, update.Version);
            return new ConfigurationUpdateResult(Current.Version, null);
        }

        ConfigurationInForce next;
        try
        {
            var configuration = RemoteConfiguration.Parse(update.Json);
            next = new ConfigurationInForce(update.Version, configuration.ToSnapshot(), WithOverrides(configuration.WarpRouting));
        }
        catch (IngressException e)
        {
            LogNotUnderstood(_logger, update.Version, Shown(update), e.Message);
            return new ConfigurationUpdateResult(Current.Version, e.Message);
        }

        try
        {
            await ApplyAsync(next, cancellationToken).ConfigureAwait(false);
        }
        catch (IngressException e)
        {
            LogNotApplied(_logger, update.Version, Shown(update), e.Message);
            return new ConfigurationUpdateResult(Current.Version, e.Message);
        }

        _metrics.ConfigurationVersion(update.Version);
        var shown = Shown(update);
        LogUpdated(_logger, update.Version, shown);
        return new ConfigurationUpdateResult(update.Version, null);
    }

    /// <exception cref="IngressException">
    /// The connector stops, or an origin could not start; those that had are stopped.
    /// </exception>
    private async Task ApplyAsync(ConfigurationInForce next, CancellationToken cancellationToken)
    {
        if (_stop.IsCancellationRequested)
        {
            throw new IngressException("cloudflared already shutdown");
        }

        OriginTable table;
        try
        {
            table = await OriginTable.StartAsync(next.Ingress, _metrics.Proxy, _logger, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IngressException($"failed to start origin: {e.Message}", e);
        }

        _flows.Limit = FlowLimit(next.WarpRouting);
        Proxy.Replace(table, next.WarpRouting);
        Volatile.Write(ref _current, next);
    }

    // What the command line says about the number of flows counts more than any configuration, 0 included.
    private WarpRouting WithOverrides(WarpRouting warpRouting) =>
        _maxActiveFlows is { } most ? warpRouting with { MaxActiveFlows = most } : warpRouting;

    private static long FlowLimit(WarpRouting warpRouting) => (long)Math.Min(warpRouting.MaxActiveFlows, long.MaxValue);

    private static string Shown(ConfigurationUpdate update) => update.Json.Length <= MaxLoggedBytes
        ? Encoding.UTF8.GetString(update.Json.Span) : Encoding.UTF8.GetString(update.Json.Span[..MaxLoggedBytes]) + "...";

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [LoggerMessage(
        Level = LogLevel.Debug,
        Message = "Current version is equal or newer than received version {current_version} {received_version}")]
    private static partial void LogOld(ILogger logger, int current_version, int received_version);

    [LoggerMessage(Level = LogLevel.Error, Message = "Failed to deserialize new configuration {version} {config} {error}")]
    private static partial void LogNotUnderstood(ILogger logger, int version, string config, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Failed to update ingress {version} {config} {error}")]
    private static partial void LogNotApplied(ILogger logger, int version, string config, string error);

    [LoggerMessage(Level = LogLevel.Information, Message = "Updated to new configuration {version} {config}")]
    private static partial void LogUpdated(ILogger logger, int version, string config);
}
