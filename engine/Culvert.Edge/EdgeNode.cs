using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Culvert.Edge.AccessLogs;
using Culvert.Edge.Certificates;
using Culvert.Edge.Connections;
using Culvert.Edge.Management;
using Culvert.Edge.Metrics;
using Culvert.Edge.PrivateNetworks;
using Culvert.Edge.PrivateNetworks.Flows;
using Culvert.Edge.QuickTunnels;
using Culvert.Edge.Tunnels;
using Culvert.Edge.Visitors;
using Culvert.Engine.Metrics;
using Culvert.Engine.Tracing;
using Culvert.Engine.Tracing.Export;
using Culvert.Transports.Quic.EdgeRole;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Culvert.Edge;

/// <summary>An edge node: accepts connectors on one side and visitors on the other. Thread-safe after its start.</summary>
public sealed partial class EdgeNode : IAsyncDisposable
{
    private const int MaxPortAttempts = 8;

    /// <summary>
    /// Between the last visitor's arrival and the leaving of connectors: requests whose head had come find theirs.
    /// </summary>
    private static readonly TimeSpan SettlingTime = TimeSpan.FromMilliseconds(200);

    private readonly EdgeOptions _options;
    private readonly EdgeCertificates _certificates;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ConnectorSessions _sessions;
    private readonly FlowTable _flows;
    private readonly KestrelServer _visitors;
    private readonly KestrelServer? _api;
    private readonly ManagementTokens _managementTokens;
    private ListenOptions? _visitorListener;
    private ListenOptions? _apiListener;
    private TcpConnectorListener? _connectors;
    private QuicConnectorListener? _quicConnectors;
    private PrivateNetworkListeners? _privateNetworks;
    private MetricsServer? _metricsServer;
    private AccessLog? _accessLog;
    private SpanExporter? _traces;
    private volatile bool _ready;
    private int _stopped;

    /// <summary>Creates a node; nothing listens before <see cref="StartAsync"/>.</summary>
    /// <param name="options">Addresses and limits.</param>
    /// <param name="certificates">The certificate shown to connectors; stays the caller's.</param>
    /// <param name="logger">Gets one line for each event worth an operator's look.</param>
    /// <param name="time">Clock of every timeout.</param>
    public EdgeNode(EdgeOptions options, EdgeCertificates certificates, ILogger logger, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Location.Length is 0 or > EdgeOptions.MaxLocationLength || !options.Location.All(char.IsAsciiLetterOrDigit))
        {
            throw new ArgumentException($"location {options.Location} is not 1 to 8 letters or digits", nameof(options));
        }

        _options = options;
        _certificates = certificates;
        _logger = logger;
        _time = time ?? TimeProvider.System;
        _flows = new FlowTable(options.Flows, _time);
        _sessions = new ConnectorSessions(options, Tunnels, _flows, Metrics, _time, logger);
        _managementTokens = new ManagementTokens(_time);
        _visitors = HttpListeners.CreateForVisitors(options, listener => _visitorListener = listener);
        _api = options.ApiAddress is { } api
            ? HttpListeners.CreateForApi(api, listener => _apiListener = listener) : null;
        QuickTunnels = new QuickTunnelFactory(Tunnels, options, _time);
        foreach (var tunnel in options.Tunnels)
        {
            if (!Tunnels.TryAdd(new Tunnel(tunnel.Credentials, tunnel.Hostname, isQuick: false, _time.GetTimestamp())))
            {
                throw new ArgumentException($"hostname {tunnel.Hostname} or its tunnel id is given twice", nameof(options));
            }
        }
    }

    /// <summary>The tunnels the node knows.</summary>
    public TunnelDirectory Tunnels { get; } = new();

    /// <summary>Makes quick tunnels, for callers in the same process.</summary>
    public QuickTunnelFactory QuickTunnels { get; }

    /// <summary>What the node counts.</summary>
    public EdgeMetrics Metrics { get; } = new();

    /// <summary>Whether it takes connectors and visitors: from its start until it is asked to stop.</summary>
    public bool IsReady => _ready;

    /// <summary>Whether it was asked to stop.</summary>
    public bool IsDraining => Volatile.Read(ref _stopped) != 0;

    /// <summary>Where metrics and readiness are served; known after the start when they are.</summary>
    public IPEndPoint MetricsEndPoint => _metricsServer?.Address ?? throw NotStarted();

    /// <summary>Where connectors dial; known after the start.</summary>
    public IPEndPoint ConnectorEndPoint => _connectors?.LocalEndPoint ?? throw NotStarted();

    /// <summary>Where visitors come in; known after the start.</summary>
    public IPEndPoint VisitorEndPoint => _visitorListener?.IPEndPoint ?? throw NotStarted();

    /// <summary>Where the quick-tunnel service answers; known after the start when there is one.</summary>
    public IPEndPoint ApiEndPoint => _apiListener?.IPEndPoint ?? throw NotStarted();

    /// <summary>Where clients of <see cref="EdgeOptions.UdpForwards"/> come, in that order; known after the start.</summary>
    public IReadOnlyList<IPEndPoint> UdpEndPoints => _privateNetworks?.UdpEndPoints ?? throw NotStarted();

    /// <summary>Where clients of <see cref="EdgeOptions.TcpForwards"/> come, in that order; known after the start.</summary>
    public IReadOnlyList<IPEndPoint> TcpEndPoints => _privateNetworks?.TcpEndPoints ?? throw NotStarted();

    /// <summary>Where clients of <see cref="EdgeOptions.PrivateProxy"/> come; known after the start when there is one.</summary>
    public IPEndPoint PrivateProxyEndPoint => _privateNetworks?.ProxyEndPoint ?? throw NotStarted();

    /// <summary>What happens to UDP flows.</summary>
    public FlowCounters FlowCounters => _flows.Counters;

    /// <summary>UDP flows now.</summary>
    public int FlowCount => _flows.Count;

    /// <summary>Opens the listeners.</summary>
    /// <exception cref="IOException">An address cannot be bound, or the access log not written; the text names it.</exception>
    /// <exception cref="MetricsServerException">The metrics' address cannot be bound.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _accessLog = _options.AccessLog is { } log ? AccessLog.Open(log, _time, _logger) : null;
        Metrics.Watch(Tunnels, _flows, _accessLog);
        if (_options.Traces is { } traces)
        {
            _traces = new SpanExporter(traces, EdgeMetrics.Version, _logger, _time, RequestSpans.EdgeScope);
            SpanMetrics.Watch(Metrics.Registry, _traces, "culvert_edge");
        }

        await ListenForConnectorsAsync(Context(_certificates.Server), cancellationToken).ConfigureAwait(false);
        await ListenAsync("visitors", _options.VisitorAddress, () => _visitors.StartAsync(
            new VisitorApplication(Tunnels, _options.Location, Metrics, _accessLog, _time, _logger, Gate(), _traces?.Spans),
            cancellationToken))
            .ConfigureAwait(false);
        if (_api is not null)
        {
            await ListenAsync("the API", _options.ApiAddress!, () => _api.StartAsync(
                new QuickTunnelApplication(QuickTunnels, new ManagementTokenApi(Tunnels, _managementTokens)),
                cancellationToken)).ConfigureAwait(false);
        }

        _privateNetworks = await PrivateNetworkListeners.StartAsync(_options, Tunnels, _flows, _time, _logger)
            .ConfigureAwait(false);
        _flows.Start();
        _metricsServer = _options.MetricsAddress is { } metrics
            ? await MetricsServer.StartAsync(metrics, new EdgeMetricsApplication(this), _logger).ConfigureAwait(false) : null;
        _connectors!.Start();
        _quicConnectors?.Start();
        _ready = true;
    }

    /// <summary>Shows connectors another certificate, from their next handshake on. Connections that are open stay.</summary>
    /// <param name="certificate">With its key; the node's from now on.</param>
    /// <exception cref="ArgumentException">The certificate or its key is of no use; the old one stays.</exception>
    public void Present(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        var context = Context(certificate);
        _quicConnectors?.Present(certificate);
        (_connectors ?? throw NotStarted()).Present(context);
    }

    /// <summary>
    /// Takes no more visitors and connectors, closes each connection of a connector when what it carries has ended, so that the
    /// connector goes to another node, and closes everything when all is done or the token is cancelled.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
        {
            return;
        }

        _ready = false;
        Metrics.Draining();
        await (_connectors?.StopAcceptingAsync() ?? Task.CompletedTask).ConfigureAwait(false);
        await (_quicConnectors?.StopAcceptingAsync() ?? Task.CompletedTask).ConfigureAwait(false);
        await Task.WhenAll(
            _visitors.StopAsync(cancellationToken), _api?.StopAsync(cancellationToken) ?? Task.CompletedTask,
            DrainConnectorsAsync(cancellationToken)).ConfigureAwait(false);
        if (_privateNetworks is not null)
        {
            await _privateNetworks.DisposeAsync().ConfigureAwait(false);
        }

        await _flows.DisposeAsync().ConfigureAwait(false);
        if (_connectors is not null)
        {
            await _connectors.DisposeAsync().ConfigureAwait(false);
        }

        if (_quicConnectors is not null)
        {
            await _quicConnectors.DisposeAsync().ConfigureAwait(false);
        }

        await _sessions.DisposeAsync().ConfigureAwait(false);
        if (_accessLog is not null)
        {
            await _accessLog.DisposeAsync().ConfigureAwait(false);
        }

        if (_traces is not null)
        {
            await _traces.DisposeAsync().ConfigureAwait(false);
        }

        if (_metricsServer is not null)
        {
            await _metricsServer.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task DrainConnectorsAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(SettlingTime, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _sessions.DrainAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        _visitors.Dispose();
        _api?.Dispose();
        _managementTokens.Dispose();
    }

    private ManagementGate? Gate() => _options.ManagementHostname.Length == 0 ? null
        : new ManagementGate(Tunnels, _managementTokens, _options.ManagementHostname);

    private SslStreamCertificateContext Context(X509Certificate2 certificate) => SslStreamCertificateContext.Create(
        certificate, new X509Certificate2Collection(_certificates.Authority), offline: true);

    private async Task ListenForConnectorsAsync(SslStreamCertificateContext certificate, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var tcp = Listen(certificate);
            try
            {
                _quicConnectors = await ListenForQuicAsync(tcp.LocalEndPoint, cancellationToken).ConfigureAwait(false);
                _connectors = tcp;
                return;
            }
            catch (SocketException e)
            {
                await tcp.DisposeAsync().ConfigureAwait(false);

                // A port that the system chose for TCP may be taken for UDP.
                if (_options.ConnectorAddress.Port != 0 || attempt == MaxPortAttempts)
                {
                    throw CannotListen("connectors (UDP)", _options.ConnectorAddress, e);
                }
            }
        }
    }

    private TcpConnectorListener Listen(SslStreamCertificateContext certificate)
    {
        try
        {
            return new TcpConnectorListener(_options.ConnectorAddress, _sessions, certificate, _time, _logger);
        }
        catch (SocketException e)
        {
            throw CannotListen("connectors", _options.ConnectorAddress, e);
        }
    }

    private async Task<QuicConnectorListener?> ListenForQuicAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        if (!_options.AcceptQuic)
        {
            return null;
        }

        if (QuicTunnelListener.Missing(_options.QuicProvider) is { } reason)
        {
            LogWithoutQuic(_logger, reason);
            return null;
        }

        return await QuicConnectorListener.BindAsync(address, _options, _sessions, _certificates, cancellationToken)
            .ConfigureAwait(false);
    }

    private static async Task ListenAsync(string who, IPEndPoint address, Func<Task> start)
    {
        try
        {
            await start().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw CannotListen(who, address, e);
        }
    }

    private static IOException CannotListen(string who, IPEndPoint address, Exception cause) =>
        new(
            $"cannot listen for {who} on {address}: {(cause.GetBaseException() is SocketException s ? s.Message : cause.Message)}", cause);

    private static InvalidOperationException NotStarted() => new("The edge node was not started.");

    [LoggerMessage(Level = LogLevel.Warning, Message = "Going on without QUIC {reason}")]
    private static partial void LogWithoutQuic(ILogger logger, string reason);
}
