using System.Net;
using Culvert.Connector.Datagrams;
using Culvert.Connector.EdgeAddresses;
using Culvert.Connector.Management;
using Culvert.Connector.Metrics;
using Culvert.Connector.Orchestration;
using Culvert.Connector.Prechecks;
using Culvert.Connector.Registration;
using Culvert.Connector.RemoteFeatures;
using Culvert.Connector.Supervision;
using Culvert.Engine.Flows;
using Culvert.Engine.Metrics;
using Culvert.Engine.Proxying;
using Culvert.Engine.Routing;
using Culvert.Engine.Tags;
using Culvert.Engine.Tracing;
using Culvert.Engine.Tracing.Export;
using Culvert.Ingress.Configuration;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Snapshots;
using Culvert.Transports.Connections;
using Culvert.Transports.Registration;
using Microsoft.Extensions.Logging;

namespace Culvert.Connector;

/// <summary>A connector: keeps its connections to edge nodes up and answers what comes over them.</summary>
public sealed partial class Connector
{
    private readonly ConnectorOptions _options;
    private readonly StreamedLogger _logger;
    private readonly TimeProvider _time;
    private readonly FlowLimiter _flows = new();
    private volatile Supervisor? _supervisor;
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Orchestrator> _orchestrator = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Creates a connector; nothing is dialled before <see cref="RunAsync"/>.</summary>
    /// <param name="options">What it runs with.</param>
    /// <param name="logger">
    /// Gets its lines; a <see cref="StreamedLogger"/> shows clients of the management service others' as well.
    /// </param>
    /// <param name="time">Its clock; null for the system's.</param>
    public Connector(ConnectorOptions options, ILogger logger, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfZero(options.EdgeRegions?.Count ?? options.EdgeAddresses.Count, nameof(options));
        _options = options;
        _time = time ?? TimeProvider.System;
        _logger = logger as StreamedLogger ?? new StreamedLogger(logger, _time);
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

    /// <summary>What each of its connections to the edge is doing.</summary>
    public ConnectionTracker Connections { get; } = new();

    /// <summary>Addresses that pings leave from; none before they are known, and where there are no pings.</summary>
    public IReadOnlyList<IPAddress> IcmpSources { get; private set; } = [];

    /// <summary>What it runs with.</summary>
    internal ConnectorOptions Options => _options;

    /// <summary>Ends when the first connection has registered.</summary>
    public Task Connected => _connected.Task;

    /// <summary>What is in force: the edge's configuration once it has sent one, else the connector's own.</summary>
    public ConfigurationInForce Configuration => _orchestrator.Task.IsCompletedSuccessfully ? _orchestrator.Task.Result.Current
        : new ConfigurationInForce(ConfigurationInForce.Local, _options.Ingress, _options.WarpRouting);

    /// <summary>Old configurations whose origins have not stopped yet, because requests that began on them still run.</summary>
    public int ReplacedConfigurations =>
        _orchestrator.Task.IsCompletedSuccessfully ? _orchestrator.Task.Result.Proxy.ReplacedTables : 0;

    /// <summary>
    /// Puts another configuration of the connector's own into force, once it runs. Requests that are under way keep theirs.
    /// </summary>
    /// <param name="ingress">The rules.</param>
    /// <param name="warpRouting">How private networks are reached.</param>
    /// <param name="cancellationToken">Gives up before anything has changed.</param>
    /// <returns>False when the edge has sent a configuration, which stays in force.</returns>
    /// <exception cref="IngressException">An origin could not start, or the connector stops; nothing has changed.</exception>
    public async Task<bool> ReloadAsync(IngressSnapshot ingress, WarpRouting warpRouting, CancellationToken cancellationToken)
    {
        var orchestrator = await _orchestrator.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        return await orchestrator.ReloadAsync(ingress, warpRouting, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Closes one of its connections, any of them, as a failure would; it comes back after a time. For tests.</summary>
    /// <returns>False when none is served now.</returns>
    public bool Reconnect(TimeSpan after) => _supervisor?.Break(after) ?? false;

    /// <summary>
    /// Runs until <paramref name="stop"/> asks for a graceful end and it is reached, or the first registration is refused.
    /// </summary>
    /// <param name="stop">
    /// Begins the drain: every connection is unregistered and open requests go on until they end, or until the grace period is
    /// over.
    /// </param>
    /// <exception cref="RegistrationRefusedException">The first registration was refused for good.</exception>
    /// <exception cref="IOException">A built-in origin could not start, or a file of certificates cannot be read.</exception>
    /// <exception cref="Transports.Quic.QuicUnavailableException">QUIC alone was asked for and cannot be used here.</exception>
    /// <exception cref="MetricsServerException">The address of the metrics server cannot be bound.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        LogConnectorId(_logger, Id);
        var table = await OriginTable.StartAsync(_options.Ingress, Metrics.Proxy, _logger, stop).ConfigureAwait(false);
        var dns = new VirtualDns(_options.DnsResolvers, _time);
        Metrics.Datagrams.Watch(dns);
        await using var exporter = _options.Traces is { } traces
            ? new SpanExporter(traces, _options.Version, _logger, _time) : null;
        if (exporter is not null)
        {
            SpanMetrics.Watch(Metrics.Registry, exporter, "culvert");
        }

        await using var proxy = new Proxy(table, _logger, ProxySettings(dns, stop) with { Spans = exporter?.Spans });
        EngineMetrics.AddRequests(Metrics.Registry, proxy.Slots, () => ReplacedConfigurations);
        var orchestrator = new Orchestrator(_options, proxy, _flows, Metrics, _logger, stop);
        _orchestrator.TrySetResult(orchestrator);
        await using var metrics = _options.MetricsAddress is { } address
            ? await MetricsServer.StartAsync(address, new MetricsApplication(this, _options.QuickHostname, _logger), _logger)
                .ConfigureAwait(false)
            : null;
        await using var selector = _options.ProtocolRecord is { } record
            ? await ProtocolSelector.StartAsync(record, _options.Credentials.AccountTag, _time, _logger, stop)
                .ConfigureAwait(false)
            : null;
        await using var dialers = EdgeDialers.Create(_options, selector, _time, _logger);
        await using var features = _options.FeatureRecord is { } source
            ? await FeatureSelector.StartAsync(source, _options.Credentials.AccountTag, _time, _logger, stop)
                .ConfigureAwait(false) : null;
        await using var datagrams = new DatagramPlane(_options, _flows, dns, _time, _logger, Metrics, features);
        IcmpSources = datagrams.IcmpSources;
        using var grace = new GracePeriod(_options.GracePeriod, _time, stop);
        await using var over = grace.Over.UnsafeRegister(static p => ((Proxy)p!).Stop(), proxy);
        var identity = new ConnectorInfo(Id, Features.Listed(_options.PostQuantum), _options.Version, Features.Platform);
        var addresses = _options.EdgeRegions is { } regions ? new EdgeAddressPool(regions, _options.EdgeIpVersion, _time)
            : EdgeAddressPool.OfStatic(_options.EdgeAddresses, _time);
        var supervisor = _supervisor = new Supervisor(
            addresses, dialers, _options.MaxEdgeAddressRetries, Connections, _time, _logger);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var prechecks = _options.Prechecks is { } targets && features is not { SkipPrechecks: true }
            ? Precheck.RunBesideAsync(
                _options with { Protocol = selector?.Current ?? _options.Protocol }, targets, Connected, _logger, _time,
                ended.Token)
            : Task.CompletedTask;
        try
        {
            await supervisor.RunAsync(_options.Connections, Create, grace).ConfigureAwait(false);
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await prechecks.ConfigureAwait(false);
        }

        EdgeConnectionLoop Create(byte index)
        {
            var loop = new EdgeConnectionLoop(index, supervisor, CreateHandler, _options.Retries, Metrics, _time, _logger);
            if (index == 0)
            {
                loop.NextRegistration.ContinueWith(
                    _ => _connected.TrySetResult(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
                    TaskScheduler.Default);
            }

            return loop;
        }

        EdgeConnectionHandler CreateHandler(EdgeConnection connection, byte failedAttempts, CancellationToken leave) => new(
            connection, _options, identity, orchestrator, failedAttempts, grace, _time, _logger, Metrics, datagrams, leave);
    }

    private ProxySettings ProxySettings(VirtualDns dns, CancellationToken stop)
    {
        if (_options.QuickHostname is { } hostname)
        {
            Metrics.UserHostname(hostname);
        }

        return new ProxySettings
        {
            Metrics = Metrics.Proxy,
            Flows = _flows,
            Internal = ManagementRule(stop),
            Dns = dns,
            PrivateNetwork = _options.WarpRouting,
            Tags = new TagHeaders(_options.Tags, Id),
            TraceResource = new TraceResource(_options.Version),
            Time = _time,
        };
    }

    private InternalRule? ManagementRule(CancellationToken stop)
    {
        var options = _options.Management;
        if (options.Hostname.Length == 0)
        {
            return null;
        }

        var edge = (_options.EdgeRegions?.SelectMany(region => region) ?? _options.EdgeAddresses).FirstOrDefault();
        var logs = new LogEndpoint(_logger.Stream, options.PingPeriod, _time, stop);
        return new InternalRule(
            options.HostnameOf(_options.Credentials.Endpoint), "management",
            new ManagementOrigin(options, Id, edge, Metrics, logs));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Generated Connector ID: {connectorID}")]
    private static partial void LogConnectorId(ILogger logger, Guid connectorID);
}
