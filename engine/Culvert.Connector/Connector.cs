using Culvert.Connector.Datagrams;
using Culvert.Connector.Metrics;
using Culvert.Connector.Registration;
using Culvert.Connector.Supervision;
using Culvert.Engine.Flows;
using Culvert.Engine.Proxying;
using Culvert.Engine.Routing;
using Culvert.Engine.Tags;
using Culvert.Engine.Tracing;
using Culvert.Transports.Registration;
using Microsoft.Extensions.Logging;

namespace Culvert.Connector;

/// <summary>A connector: keeps its connections to edge nodes up and answers what comes over them.</summary>
public sealed partial class Connector
{
    private readonly ConnectorOptions _options;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly FlowLimiter _flows = new();
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Creates a connector; nothing is dialled before <see cref="RunAsync"/>.</summary>
    public Connector(ConnectorOptions options, ILogger logger, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfZero(options.EdgeAddresses.Count, nameof(options));
        _options = options;
        _logger = logger;
        _time = time ?? TimeProvider.System;
        _flows.Limit = (long)Math.Min(options.WarpRouting.MaxActiveFlows, long.MaxValue);
        Metrics = new ConnectorMetrics(options.Version);
        Metrics.Proxy.Watch(_flows);
    }

    /// <summary>
    /// Bounds what private networks carry, UDP and TCP together; its limit may change while the connector runs.
    /// </summary>
    public FlowLimiter Flows => _flows;

    /// <summary>UUID of this connector process, new for each instance.</summary>
    public Guid Id { get; } = Guid.NewGuid();

    /// <summary>What this connector counts.</summary>
    public ConnectorMetrics Metrics { get; }

    /// <summary>Ends when the first connection has registered.</summary>
    public Task Connected => _connected.Task;

    /// <summary>Runs until <paramref name="stop"/> asks for a graceful end and it is reached, or the first registration is refused.</summary>
    /// <param name="stop">
    /// Begins the drain: every connection is unregistered and open requests go on until they end, or until the grace period is over.
    /// </param>
    /// <exception cref="RegistrationRefusedException">The first registration was refused for good.</exception>
    /// <exception cref="IOException">A built-in origin could not start, or a file of certificates cannot be read.</exception>
    /// <exception cref="Transports.Quic.QuicUnavailableException">QUIC alone was asked for and cannot be used here.</exception>
    /// <exception cref="MetricsServerException">The address of the metrics server cannot be bound.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        LogConnectorId(_logger, Id);
        await using var metrics = _options.MetricsAddress is { } address
            ? await MetricsServer.StartAsync(address, this, _options.QuickHostname, _logger).ConfigureAwait(false) : null;
        var table = await OriginTable.StartAsync(_options.Ingress, Metrics.Proxy, stop).ConfigureAwait(false);
        WarnOfAccess();
        await using var proxy = new Proxy(table, _logger, ProxySettings());
        await using var dialers = new EdgeDialers(_options, _time, _logger);
        await using var datagrams = new DatagramPlane(_options, _flows, _time, _logger, Metrics);
        using var grace = new GracePeriod(_options.GracePeriod, _time, stop);
        var identity = new ConnectorInfo(Id, Features.Default, _options.Version, Features.Platform);
        var connections = Math.Min(_options.Connections, _options.EdgeAddresses.Count);
        if (connections < _options.Connections)
        {
            LogFewerConnections(_logger, _options.Connections, connections);
        }

        var first = new EdgeConnectionLoop(0, _options, identity, dialers, proxy, _time, _logger, Metrics, datagrams);
        first.Registered += () => _connected.TrySetResult();
        var loops = new List<Task> { first.RunAsync(grace) };

        // The others wait for the first: one refusal is enough to know that the credentials are wrong.
        await Task.WhenAny(loops[0], Connected).ConfigureAwait(false);
        if (!loops[0].IsCompleted)
        {
            for (var index = 1; index < connections; index++)
            {
                var next = new EdgeConnectionLoop(
                    (byte)index, _options, identity, dialers, proxy, _time, _logger, Metrics, datagrams);
                loops.Add(next.RunAsync(grace));
            }
        }

        await Task.WhenAll(loops).ConfigureAwait(false);
    }

    private void WarnOfAccess()
    {
        for (var rule = 0; rule < _options.Ingress.Rules.Count; rule++)
        {
            if (_options.Ingress.Rules[rule].RequiresAccess)
            {
                LogNoAccess(_logger, rule);
            }
        }
    }

    private ProxySettings ProxySettings()
    {
        if (_options.QuickHostname is { } hostname)
        {
            Metrics.UserHostname(hostname);
        }

        return new ProxySettings
        {
            Metrics = Metrics.Proxy,
            Flows = _flows,
            PrivateNetwork = _options.WarpRouting,
            Tags = new TagHeaders(_options.Tags, Id),
            TraceResource = new TraceResource(_options.Version),
            Time = _time,
        };
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Generated Connector ID: {connectorID}")]
    private static partial void LogConnectorId(ILogger logger, Guid connectorID);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Rule #{ingressRule} requires Access tokens, which cannot be checked: all its requests are refused with 403")]
    private static partial void LogNoAccess(ILogger logger, int ingressRule);

    [LoggerMessage(Level = LogLevel.Information, Message = "You requested {requested} HA connections but I can give you at most {available}.")]
    private static partial void LogFewerConnections(ILogger logger, int requested, int available);
}
