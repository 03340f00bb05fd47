using System.IO.Pipelines;
using System.Net;
using Culvert.Connector.Datagrams;
using Culvert.Connector.Metrics;
using Culvert.Connector.Orchestration;
using Culvert.Connector.Supervision;
using Culvert.Ingress.Configuration;
using Culvert.Transports.Configuration;
using Culvert.Transports.Connections;
using Culvert.Transports.Registration;
using Culvert.Transports.Sessions;
using Culvert.Transports.Streams;
using Microsoft.Extensions.Logging;

namespace Culvert.Connector.Registration;

/// <summary>
/// Serves one connection: registers it on the control stream, hands requests to the proxy, and unregisters it when a stop is
/// asked for (http2-and-proxy, sections 1.5 and 3).
/// </summary>
internal sealed partial class EdgeConnectionHandler : IEdgeConnectionHandler, IDisposable
{
    /// <summary>How long after a refusal the edge may take to close the connection before the connector does.</summary>
    private static readonly TimeSpan RefusalLinger = TimeSpan.FromSeconds(1);

    /// <summary>How long the edge may take to open the control stream; the original waits without limit.</summary>
    private static readonly TimeSpan ControlStreamTimeout = TimeSpan.FromSeconds(15);

    private readonly EdgeConnection _connection;
    private readonly ConnectorOptions _options;
    private readonly ConnectorInfo _identity;
    private readonly Orchestrator _orchestrator;
    private readonly byte _previousAttempts;
    private readonly GracePeriod _grace;
    private readonly CancellationToken _leave;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ConnectorMetrics _metrics;
    private readonly DatagramPlane? _datagrams;
    private readonly CancellationTokenSource _silent;
    private readonly CancellationTokenSource _end;
    private RegistrationRefusedException? _refusal;
    private bool _isRemotelyManaged;

    public EdgeConnectionHandler(
        EdgeConnection connection, ConnectorOptions options, ConnectorInfo identity, Orchestrator orchestrator,
        byte previousAttempts,
        GracePeriod grace, TimeProvider time, ILogger logger, ConnectorMetrics metrics, DatagramPlane? datagrams = null,
        CancellationToken? leave = null)
    {
        _connection = connection;
        _options = options;
        _datagrams = datagrams;
        _identity = datagrams is null ? identity : identity with
        {
            Features = Features.Of(identity.Features, options.Features, datagrams.Version(connection)),
        };
        _orchestrator = orchestrator;
        _previousAttempts = previousAttempts;
        (_grace, _leave) = (grace, leave ?? grace.Asked);
        _time = time;
        _logger = logger;
        _metrics = metrics;
        _silent = new CancellationTokenSource(ControlStreamTimeout, time);
        _end = CancellationTokenSource.CreateLinkedTokenSource(grace.Over, _silent.Token);
    }

    public StreamSlots Slots => _orchestrator.Proxy.Slots;

    /// <inheritdoc/>
    public ISessionService? Sessions { get; private set; }

    /// <summary>Raised when the edge has accepted the connection.</summary>
    public event Action? Registered;

    /// <summary>Raised when the connection begins to leave: it takes no new requests.</summary>
    public event Action? Leaving;

    /// <summary>Cancelled when the connection should be closed from this side.</summary>
    public CancellationToken ConnectionEnd => _end.Token;

    /// <summary>Throws what the edge refused the registration with, if it did.</summary>
    public void ThrowIfRefused()
    {
        if (_refusal is not null)
        {
            throw _refusal;
        }
    }

    /// <summary>
    /// Lets go of the grace period, which outlives connections. Only after the connection was served to its end.
    /// </summary>
    public void Dispose()
    {
        _end.Dispose();
        _silent.Dispose();
    }

    public async Task ServeControlStreamAsync(IDuplexPipe stream, CancellationToken cancellationToken)
    {
        _silent.CancelAfter(Timeout.InfiniteTimeSpan);

        // Before the registration, as the original does: the edge may use datagrams as soon as it knows of them.
        Sessions = _datagrams?.Start(_connection);
        await using var client = new RegistrationClient(stream, _time);
        try
        {
            await RegisterAsync(client, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _refusal = e as RegistrationRefusedException
                ?? new RegistrationRefusedException(e is OperationCanceledException ? "context deadline exceeded" : e.Message, e);
            _metrics.RegistrationFailed(_refusal.IsDuplicate);
            await client.CloseAsync().ConfigureAwait(false);

            // The edge closes after a refusal; one that does not must not keep a useless connection.
            await Task.Delay(RefusalLinger, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _end.CancelAsync().ConfigureAwait(false);
            return;
        }

        try
        {
            using var leaving = CancellationTokenSource.CreateLinkedTokenSource(_leave, cancellationToken);
            do
            {
                // Taken before the configuration is read, so that no change is missed.
                var changed = _orchestrator.LocalChanged;
                await PushConfigurationIfLocalAsync(client, cancellationToken).ConfigureAwait(false);
                await changed.WaitAsync(leaving.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            while (!leaving.IsCancellationRequested);
        }
        finally
        {
            Leaving?.Invoke();
        }

        await DrainAsync(client, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask ServeRequestAsync(EdgeStream stream) => _orchestrator.Proxy.ServeAsync(stream, _connection);

    // Over HTTP/2 an update is a request, not a call of an RPC conversation.
    public ValueTask<ConfigurationUpdateResult> UpdateConfigurationAsync(ConfigurationUpdate update, CancellationToken ct) =>
        _connection.Protocol != "quic" ? _orchestrator.UpdateConfigurationAsync(update, ct)
        : new(_metrics.Rpc.UpdateConfigurationAsync(() => _orchestrator.UpdateConfigurationAsync(update, ct).AsTask()));

    private async Task RegisterAsync(RegistrationClient client, CancellationToken cancellationToken)
    {
        var credentials = _options.Credentials;
        var request = new RegistrationRequest(
            new TunnelAuth(credentials.AccountTag, credentials.Secret), credentials.TunnelId, _connection.Index, _identity,
            _connection.ReportedAddress, ReplaceExisting: false, CompressionQuality: 0, _previousAttempts);
        using var limit = new LinkedDeadline(_options.RpcTimeout, _time, cancellationToken);
        var details = await _metrics.Rpc.RegistrationAsync("register_connection", async () =>
            await client.RegisterConnectionAsync(request, limit.Token).ConfigureAwait(false) switch
            {
                RegistrationError error => throw new RegistrationRefusedException(error),
                var accepted => (ConnectionDetails)accepted,
            }).ConfigureAwait(false);
        LogRegistered(
            _logger, details.ConnectionId, _connection.Index, details.LocationName, _connection.RemoteEndPoint.Address,
            _connection.Protocol);
        _isRemotelyManaged = details.TunnelIsRemotelyManaged;
        _metrics.Registered(_connection.Index, details.LocationName);
        Registered?.Invoke();
    }

    private async Task PushConfigurationIfLocalAsync(RegistrationClient client, CancellationToken cancellationToken)
    {
        if (_connection.Index != 0 || _isRemotelyManaged)
        {
            return;
        }

        _metrics.ConfigurationPushed();
        try
        {
            using var limit = new LinkedDeadline(_options.RpcTimeout, _time, cancellationToken);
            var (_, ingress, warpRouting) = _orchestrator.Current;
            var configuration = ConfigurationJson.WriteLocal(ingress, warpRouting, _options.ConfigurationFlags);
            await _metrics.Rpc.RegistrationAsync("update_local_configuration", () =>
                client.UpdateLocalConfigurationAsync(configuration, limit.Token)).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _metrics.ConfigurationPushFailed();
            LogConfigurationNotSent(_logger, _connection.Index, e.Message);
        }
    }

    // Requests go on after the unregistration; the edge closes the connection when they have ended.
    private async Task DrainAsync(RegistrationClient client, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return;
        }

        try
        {
            using var limit = new LinkedDeadline(_grace.Length, _time, cancellationToken);
            await _metrics.Rpc.RegistrationAsync(
                "unregister_connection", () => client.UnregisterConnectionAsync(limit.Token)).ConfigureAwait(false);
            LogUnregistered(_logger, _connection.Index);

            // One that leaves by itself has as much time as a stop gives; then it is closed from here.
            _silent.CancelAfter(_grace.Length);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogUnregisterFailed(_logger, _connection.Index, e.Message);
            await _end.CancelAsync().ConfigureAwait(false);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Registered tunnel connection {connection} {connIndex} {location} {ip} {protocol}")]
    private static partial void LogRegistered(
        ILogger logger, Guid connection, byte connIndex, string location, IPAddress ip, string protocol);

    [LoggerMessage(Level = LogLevel.Information, Message = "Unregistered tunnel connection {connIndex}")]
    private static partial void LogUnregistered(ILogger logger, byte connIndex);

    [LoggerMessage(Level = LogLevel.Error, Message = "Error shutting down control stream {connIndex} {error}")]
    private static partial void LogUnregisterFailed(ILogger logger, byte connIndex, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "unable to send local configuration {connIndex} {error}")]
    private static partial void LogConfigurationNotSent(ILogger logger, byte connIndex, string error);
}
