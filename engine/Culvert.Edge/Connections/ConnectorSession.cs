using System.Globalization;
using System.Net;
using Culvert.Edge.Configurations;
using Culvert.Edge.Metrics;
using Culvert.Edge.PrivateNetworks.Flows;
using Culvert.Edge.Tunnels;
using Culvert.Transports.Connections;
using Culvert.Transports.Registration;
using Microsoft.Extensions.Logging;

namespace Culvert.Edge.Connections;

/// <summary>One connection of a connector: registration, service, drain, end (quic-and-rpc, section 3.7).</summary>
internal sealed partial class ConnectorSession : IRegistrationService
{
    /// <summary>Largest configuration that a connector may report; more is refused.</summary>
    private const int MaxLocalConfigurationBytes = 1024 * 1024;

    private readonly ConnectorConnection _connection;
    private readonly EdgeOptions _options;
    private readonly TunnelDirectory _directory;
    private readonly FlowTable _flows;
    private readonly EdgeMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Action _registered;
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Tunnel? _tunnel;
    private TunnelConnection? _active;
    private Task? _drained;
    private CancellationToken _draining;

    public ConnectorSession(
        ConnectorConnection connection, EdgeOptions options, TunnelDirectory directory, FlowTable flows, EdgeMetrics metrics,
        TimeProvider time, ILogger logger, Action registered)
    {
        _connection = connection;
        _options = options;
        _directory = directory;
        _flows = flows;
        _metrics = metrics;
        _time = time;
        _logger = logger;
        _registered = registered;
    }

    /// <summary>Serves the connection until it ends. The caller disposes it afterwards, which closes the transport.</summary>
    /// <param name="stopping">Ends it at once.</param>
    /// <param name="draining">Ends it when its open streams have ended, so that its connector goes to another node.</param>
    public async Task RunAsync(CancellationToken stopping, CancellationToken draining = default)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping, _connection.Closed);
        using var serving = CancellationTokenSource.CreateLinkedTokenSource(ended.Token, draining);
        var push = Task.CompletedTask;
        var conversation = Task.CompletedTask;
        _draining = draining;
        try
        {
            var control = await _connection.GetControlStreamAsync(serving.Token)
                .AsTask().WaitAsync(_options.RegistrationTimeout, _time, serving.Token).ConfigureAwait(false);
            conversation = RegistrationServer.ServeAsync(control, this, ended.Token);
            await Task.WhenAny(conversation, _answered.Task)
                .WaitAsync(_options.RegistrationTimeout, _time, serving.Token).ConfigureAwait(false);
            if (_active is { } registered)
            {
                push = new ConfigurationPush(_tunnel!, registered, _time, _logger).RunAsync(serving.Token);
            }

            await LeaveOrDrainAsync(conversation, serving.Token).ConfigureAwait(false);
            await serving.CancelAsync().ConfigureAwait(false);
            if (_active is { } active)
            {
                // The conversation ended after an unregistration, or the connector let go of it: no new requests either way.
                await (_drained ?? active.DrainAsync())
                    .WaitAsync(_options.DrainTimeout, _time, ended.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (draining.IsCancellationRequested && !ended.IsCancellationRequested)
        {
            // It had not registered yet, and will elsewhere.
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            // Connectors look whether a node answers, and leave again.
            LogLost(_logger, _active is null ? LogLevel.Debug : LogLevel.Information, _connection.RemoteEndPoint);
        }
        catch (TimeoutException)
        {
            LogTimedOut(_logger, _connection.RemoteEndPoint);
        }
        finally
        {
            if (_active is { } active)
            {
                _tunnel!.Remove(active, _time.GetTimestamp());
                _metrics.Disconnected(_connection.Protocol);
            }

            await ended.CancelAsync().ConfigureAwait(false);
            await push.ConfigureAwait(false);
            await conversation.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // A node that drains does not wait for its connectors to leave.
    private async Task LeaveOrDrainAsync(Task conversation, CancellationToken serving)
    {
        try
        {
            await conversation.WaitAsync(serving).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_draining.IsCancellationRequested && !conversation.IsCompleted)
        {
            LogDraining(_logger, _tunnel?.Id ?? Guid.Empty, _connection.RemoteEndPoint);
        }
    }

    public async ValueTask<RegistrationResult> RegisterConnectionAsync(RegistrationRequest request, CancellationToken ct)
    {
        if (Refusal(request) is { } refusal)
        {
            LogRefused(_logger, request.TunnelId, _connection.RemoteEndPoint, refusal.Cause);
            return refusal;
        }

        var (connector, index) = (request.Connector.ConnectorId, request.ConnectionIndex);
        _active = new TunnelConnection(_connection, connector, index)
        {
            Flows = FlowCarrier.Start(_connection, connector, index, request.Connector.Features, _flows),
        };
        if (_tunnel!.Add(_active) is { } replaced)
        {
            await replaced.CloseAsync().ConfigureAwait(false);
        }

        _registered();
        _metrics.Registered(_connection.Protocol);
        _answered.TrySetResult();
        LogRegistered(
            _logger, _tunnel.Hostname, _tunnel.Id, request.Connector.ConnectorId, request.ConnectionIndex,
            _connection.RemoteEndPoint, _connection.Protocol, request.Connector.Version);
        return new ConnectionDetails(_active.Id, _options.Location, TunnelIsRemotelyManaged: _tunnel.Configuration is not null);
    }

    public ValueTask UnregisterConnectionAsync(CancellationToken ct)
    {
        _drained ??= _active?.DrainAsync();
        LogUnregistered(_logger, _tunnel?.Id ?? Guid.Empty, _connection.RemoteEndPoint);
        return ValueTask.CompletedTask;
    }

    public ValueTask UpdateLocalConfigurationAsync(ReadOnlyMemory<byte> json, CancellationToken ct)
    {
        if (json.Length > MaxLocalConfigurationBytes)
        {
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture, $"configuration larger than {MaxLocalConfigurationBytes} bytes"));
        }

        LogConfiguration(_logger, _tunnel?.Id ?? Guid.Empty, json.Length);
        return ValueTask.CompletedTask;
    }

    private RegistrationError? Refusal(RegistrationRequest request)
    {
        if (_active is not null)
        {
            _metrics.Refused("duplicate");
            return new RegistrationError(RegistrationError.Duplicate, TimeSpan.Zero, ShouldRetry: false);
        }

        _tunnel = _directory.Find(request.TunnelId);
        if (_tunnel is null)
        {
            _metrics.Refused("tunnel");

            // Connectors of the original go on trying when the text says "Unauthorized": the tunnel may be known soon.
            return new RegistrationError("Unauthorized: Tunnel not found", TimeSpan.FromSeconds(5), ShouldRetry: true);
        }

        if (_tunnel.Accepts(request.Auth.AccountTag, request.Auth.TunnelSecret.Span))
        {
            return null;
        }

        _metrics.Refused("secret");
        return new RegistrationError("Invalid tunnel secret", TimeSpan.Zero, ShouldRetry: false);
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Registered tunnel connection {hostname} {tunnelID} {connector} {connIndex} {ip} {protocol} {version}")]
    private static partial void LogRegistered(
        ILogger logger, string hostname, Guid tunnelID, Guid connector, byte connIndex, IPEndPoint ip, string protocol,
        string version);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refused tunnel connection {tunnelID} {ip} {cause}")]
    private static partial void LogRefused(ILogger logger, Guid tunnelID, IPEndPoint ip, string cause);

    [LoggerMessage(Level = LogLevel.Information, Message = "Unregistered tunnel connection {tunnelID} {ip}")]
    private static partial void LogUnregistered(ILogger logger, Guid tunnelID, IPEndPoint ip);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Draining tunnel connection {tunnelID} {ip}")]
    private static partial void LogDraining(ILogger logger, Guid tunnelID, IPEndPoint ip);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Connector reported its configuration {tunnelID} {bytes}")]
    private static partial void LogConfiguration(ILogger logger, Guid tunnelID, int bytes);

    [LoggerMessage(Message = "Lost connection with the connector {ip}")]
    private static partial void LogLost(ILogger logger, LogLevel level, IPEndPoint ip);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Connector took too long and was disconnected {ip}")]
    private static partial void LogTimedOut(ILogger logger, IPEndPoint ip);
}
