using System.Net;
using Culvert.Connector.Datagrams;
using Culvert.Connector.Metrics;
using Culvert.Connector.Orchestration;
using Culvert.Connector.Registration;
using Culvert.Engine.Proxying;
using Culvert.Transports.Connections;
using Culvert.Transports.Registration;
using Microsoft.Extensions.Logging;

namespace Culvert.Connector.Supervision;

/// <summary>Keeps one of the connector's connections up: dial, serve, and again.</summary>
internal sealed partial class EdgeConnectionLoop
{
    private static readonly TimeSpan BackoffUnit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private readonly byte _index;
    private readonly ConnectorOptions _options;
    private readonly ConnectorInfo _identity;
    private readonly EdgeDialers _dialers;
    private readonly Orchestrator _orchestrator;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ConnectorMetrics _metrics;
    private readonly DatagramPlane _datagrams;
    private readonly Backoff _backoff;
    private IEdgeDialer _dialer;
    private int _address;
    private bool _everRegistered;

    public EdgeConnectionLoop(
        byte index, ConnectorOptions options, ConnectorInfo identity, EdgeDialers dialers, Orchestrator orchestrator, TimeProvider time,
        ILogger logger, ConnectorMetrics metrics, DatagramPlane datagrams)
    {
        _index = index;
        _options = options;
        _identity = identity;
        _dialers = dialers;
        _dialer = dialers.Current;
        _orchestrator = orchestrator;
        _time = time;
        _logger = logger;
        _metrics = metrics;
        _datagrams = datagrams;
        _address = index % options.EdgeAddresses.Count;
        _backoff = new Backoff(options.Retries, BackoffUnit, LongestWait, Random.Shared);
    }

    /// <summary>Raised after each registration.</summary>
    public event Action? Registered;

    /// <summary>Runs until a stop was asked for and the connection has drained.</summary>
    /// <exception cref="RegistrationRefusedException">The first registration of connection 0 was refused for good.</exception>
    public async Task RunAsync(GracePeriod grace)
    {
        _metrics.ConnectionBegan();
        try
        {
            await KeepUpAsync(grace).ConfigureAwait(false);
        }
        finally
        {
            _metrics.ConnectionEnded();
        }
    }

    private async Task KeepUpAsync(GracePeriod grace)
    {
        while (!grace.Asked.IsCancellationRequested)
        {
            try
            {
                await ServeOnceAsync(grace).ConfigureAwait(false);
                LogLost(_logger, _index);
            }
            catch (OperationCanceledException) when (grace.Asked.IsCancellationRequested)
            {
                return;
            }
            catch (EdgeDialException e)
            {
                LogDialFailed(_logger, _index, Address.Address, e.Message);
                _dialers.DialFailed(_dialer);
                _address = (_address + 1) % _options.EdgeAddresses.Count;
            }
            catch (IOException e)
            {
                LogFailed(_logger, _index, Address.Address, e.Message);
            }
            catch (RegistrationRefusedException e)
            {
                if (e.IsFinal && _index == 0 && !_everRegistered)
                {
                    // Whoever runs the connector tells its user, once.
                    throw;
                }

                LogRefused(_logger, _index, Address.Address, e.Message);
                if (e.IsDuplicate)
                {
                    _address = (_address + 1) % _options.EdgeAddresses.Count;
                }
            }

            await WaitAsync(grace).ConfigureAwait(false);
        }
    }

    private IPEndPoint Address => _options.EdgeAddresses[_address];

    private async Task ServeOnceAsync(GracePeriod grace)
    {
        _dialer = _dialers.Current;
        var connection = await _dialer.DialAsync(Address, _index, grace.Asked).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            using var handler = new EdgeConnectionHandler(
                connection, _options, _identity, _orchestrator, (byte)_backoff.Retries, grace, _time, _logger, _metrics, _datagrams);
            handler.Registered += OnRegistered;
            using var over = grace.Over.UnsafeRegister(static p => ((Proxy)p!).Stop(), _orchestrator.Proxy);
            await connection.ServeAsync(handler, handler.ConnectionEnd).ConfigureAwait(false);
            handler.ThrowIfRefused();
        }
    }

    private void OnRegistered()
    {
        _everRegistered = true;
        _dialers.Registered();
        _backoff.Reset();
        Registered?.Invoke();
    }

    private async Task WaitAsync(GracePeriod grace)
    {
        if (grace.Asked.IsCancellationRequested)
        {
            return;
        }

        var limit = _backoff.NextLimit;
        LogRetrying(_logger, limit.TotalSeconds, _index);
        await Task.Delay(_backoff.Next(), _time, grace.Asked).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Lost connection with the edge {connIndex}")]
    private static partial void LogLost(ILogger logger, byte connIndex);

    [LoggerMessage(Level = LogLevel.Error, Message = "Unable to establish connection with Cloudflare edge {connIndex} {ip} {error}")]
    private static partial void LogDialFailed(ILogger logger, byte connIndex, IPAddress ip, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Serve tunnel error {connIndex} {ip} {error}")]
    private static partial void LogFailed(ILogger logger, byte connIndex, IPAddress ip, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Register tunnel error from server side {connIndex} {ip} {error}")]
    private static partial void LogRefused(ILogger logger, byte connIndex, IPAddress ip, string error);

    [LoggerMessage(Level = LogLevel.Information, Message = "Retrying connection in up to {seconds}s {connIndex}")]
    private static partial void LogRetrying(ILogger logger, double seconds, byte connIndex);
}
