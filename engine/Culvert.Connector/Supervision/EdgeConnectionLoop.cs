using System.Net;
using Culvert.Connector.EdgeAddresses;
using Culvert.Connector.Metrics;
using Culvert.Connector.Registration;
using Culvert.Transports.Connections;
using Microsoft.Extensions.Logging;

namespace Culvert.Connector.Supervision;

/// <summary>Keeps one of the connector's connections up: takes an address, dials, serves, waits, and begins again.</summary>
internal sealed partial class EdgeConnectionLoop
{
    private static readonly TimeSpan BackoffUnit = TimeSpan.FromSeconds(1);

    /// <summary>Nobody waits longer than this for an edge that is back; retries go on counting for the edge to see.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    /// <summary>Longest wait that an edge may ask for with a refusal.</summary>
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromMinutes(1);

    private readonly byte _index;
    private readonly Supervisor _supervisor;
    private readonly AttemptHandlerFactory _handlers;
    private readonly ConnectorMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ConnectionStateMachine _states;
    private readonly Backoff _backoff;
    private TaskCompletionSource _registration = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AttemptEnding? _ending;
    private TimeSpan _retryAfter;
    private bool _everRegistered;

    /// <param name="index">Number of the connection.</param>
    /// <param name="supervisor">What connections share.</param>
    /// <param name="handlers">Makes what serves an attempt.</param>
    /// <param name="retries">Largest exponent of the waits.</param>
    /// <param name="metrics">Counts connections.</param>
    /// <param name="time">The clock of waits.</param>
    /// <param name="logger">Takes its lines.</param>
    public EdgeConnectionLoop(
        byte index, Supervisor supervisor, AttemptHandlerFactory handlers, int retries, ConnectorMetrics metrics,
        TimeProvider time,
        ILogger logger)
    {
        _index = index;
        _supervisor = supervisor;
        _handlers = handlers;
        _metrics = metrics;
        _time = time;
        _logger = logger;
        _states = new ConnectionStateMachine(index, supervisor.Tracker.Changed);
        _backoff = new Backoff(retries, BackoffUnit, LongestWait, Random.Shared);
    }

    /// <summary>
    /// Makes the handler of an attempt, for a connection, with the number of failed attempts and a token that makes it leave.
    /// </summary>
    internal delegate EdgeConnectionHandler AttemptHandlerFactory(
        EdgeConnection connection, byte failedAttempts, CancellationToken leave);

    /// <summary>Transport of the latest attempt; null before the first.</summary>
    public string? Protocol { get; private set; }

    /// <summary>Ends with the next registration.</summary>
    public Task NextRegistration => Volatile.Read(ref _registration).Task;

    /// <summary>Unregisters the connection, lets its requests end, and begins anew at once.</summary>
    public void Leave() => Volatile.Read(ref _ending)?.Leave();

    /// <summary>
    /// Closes the connection as a failure would, and begins anew after a time (supervisor-and-operations, section 2.9).
    /// </summary>
    /// <returns>False when there is no connection that is served.</returns>
    public bool Break(TimeSpan restartAfter) =>
        Volatile.Read(ref _ending) is { } ending && _states.State == ConnectionState.Serving && ending.Break(restartAfter);

    /// <summary>Runs until a stop was asked for and the connection has drained.</summary>
    /// <exception cref="RegistrationRefusedException">The first registration of connection 0 was refused for good.</exception>
    public async Task RunAsync(GracePeriod grace)
    {
        _metrics.ConnectionBegan();
        try
        {
            while (!grace.Asked.IsCancellationRequested)
            {
                _states.Fire(ConnectionEvent.Begin);
                await AttemptAsync(grace).ConfigureAwait(false);
                if (_states.State == ConnectionState.Waiting)
                {
                    await WaitAsync(grace).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            _states.TryFire(ConnectionEvent.Stop, out _);
            _metrics.ConnectionEnded();
        }
    }

    private async Task AttemptAsync(GracePeriod grace)
    {
        var dialer = await _supervisor.NextDialerAsync(grace.Asked).ConfigureAwait(false);
        if (_supervisor.Addresses.Take(_index) is not { } address)
        {
            LogNoAddress(_logger, _index);
            _states.Fire(ConnectionEvent.DialFailed);
            return;
        }

        Protocol = dialer.Protocol;
        _supervisor.Tracker.Dialling(_index, dialer.Protocol, address.EndPoint);
        var isQuic = dialer.Protocol == ProtocolChoice.Quic;
        if (isQuic)
        {
            _metrics.Quic.Dialled();
        }

        try
        {
            var connection = await dialer.DialAsync(address.EndPoint, _index, grace.Asked).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                _states.Fire(ConnectionEvent.Dialled);
                await ServeAsync(connection, grace).ConfigureAwait(false);
            }

            LogLost(_logger, _index);
            _states.Fire(ConnectionEvent.Closed);
            if (!grace.Asked.IsCancellationRequested && Volatile.Read(ref _ending) is { Leaves: false })
            {
                LogTerminated(_logger, _supervisor.FailureLevel, _index);
            }
        }
        catch (OperationCanceledException) when (grace.Asked.IsCancellationRequested)
        {
            _states.Fire(ConnectionEvent.Stop);
        }
        catch (EdgeDialException e)
        {
            DialFailed(dialer.Protocol, address, e.Message);
        }
        catch (RegistrationRefusedException e)
        {
            Refused(e, address);
        }
        catch (Exception e) when (_states.State != ConnectionState.Dialling)
        {
            // Whatever broke one connection must not end the others.
            _states.Fire(ConnectionEvent.Closed);
            LogFailed(_logger, _supervisor.FailureLevel, _index, address.EndPoint.Address, e.Message);
        }
        finally
        {
            if (isQuic)
            {
                _metrics.Quic.Ended();
            }
        }
    }

    private async Task ServeAsync(EdgeConnection connection, GracePeriod grace)
    {
        using var watching = _metrics.Quic.Watch(connection);
        using var ending = new AttemptEnding(grace.Asked);
        Volatile.Write(ref _ending, ending);
        using var handler = _handlers(connection, (byte)_backoff.Retries, ending.Leaving);
        handler.Registered += () => OnRegistered(connection.Protocol);
        handler.Leaving += () => _states.TryFire(ConnectionEvent.Unregister, out _);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(handler.ConnectionEnd, ending.Broken);
        await connection.ServeAsync(handler, end.Token).ConfigureAwait(false);
        handler.ThrowIfRefused();
    }

    private void OnRegistered(string protocol)
    {
        _everRegistered = true;
        _backoff.Reset();
        _supervisor.Registered(protocol);
        if (_states.TryFire(ConnectionEvent.Registered, out _))
        {
            Interlocked.Exchange(ref _registration, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))
                .TrySetResult();
        }
    }

    private void DialFailed(string protocol, EdgeAddress address, string reason)
    {
        if (protocol == ProtocolChoice.Quic)
        {
            LogQuicDialFailed(_logger, _supervisor.FailureLevel, _index, address.EndPoint.Address, reason);
        }
        else
        {
            LogDialFailed(_logger, _supervisor.FailureLevel, _index, address.EndPoint.Address, reason);
        }

        _states.Fire(ConnectionEvent.DialFailed);
        _supervisor.Addresses.TakeOther(_index, unreachable: true);
        _supervisor.DialFailed(protocol);
    }

    private void Refused(RegistrationRefusedException refusal, EdgeAddress address)
    {
        if (refusal.IsFinal && _index == 0 && !_everRegistered)
        {
            // Whoever runs the connector tells its user, once.
            _states.Fire(ConnectionEvent.RefusedForGood);
            throw refusal;
        }

        LogRefused(_logger, _supervisor.FailureLevel, _index, address.EndPoint.Address, refusal.Message);
        _states.Fire(ConnectionEvent.Refused);
        _retryAfter = refusal.RetryAfter;
        if (refusal.IsDuplicate)
        {
            _supervisor.Addresses.TakeOther(_index, unreachable: false);
        }
    }

    private async Task WaitAsync(GracePeriod grace)
    {
        var ending = Interlocked.Exchange(ref _ending, null);
        if (grace.Asked.IsCancellationRequested || ending is { Leaves: true })
        {
            return;
        }

        if (ending?.RestartAfter is { } delay)
        {
            LogRestarting(_logger, delay.TotalSeconds, _index);
            await Task.Delay(delay, _time, grace.Asked).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }

        var limit = _backoff.NextLimit;
        var wait = _backoff.Next();
        if (_retryAfter > TimeSpan.Zero)
        {
            // Not before the edge wants it, and not all at the same moment.
            wait += _retryAfter < LongestRetryAfter ? _retryAfter : LongestRetryAfter;
            (limit, _retryAfter) = (wait, TimeSpan.Zero);
        }

        LogRetrying(_logger, limit.TotalSeconds, _index);
        await Task.Delay(wait, _time, grace.Asked).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Lost connection with the edge {connIndex}")]
    private static partial void LogLost(ILogger logger, byte connIndex);

    [LoggerMessage(Message = "Connection terminated {connIndex}")]
    private static partial void LogTerminated(ILogger logger, LogLevel level, byte connIndex);

    [LoggerMessage(Level = LogLevel.Error, Message = "there are no free edge addresses left to resolve to {connIndex}")]
    private static partial void LogNoAddress(ILogger logger, byte connIndex);

    [LoggerMessage(Message = "Unable to establish connection with Cloudflare edge {connIndex} {ip} {error}")]
    private static partial void LogDialFailed(ILogger logger, LogLevel level, byte connIndex, IPAddress ip, string error);

    [LoggerMessage(Message = "Failed to dial a quic connection {connIndex} {ip} {error}")]
    private static partial void LogQuicDialFailed(ILogger logger, LogLevel level, byte connIndex, IPAddress ip, string error);

    [LoggerMessage(Message = "Serve tunnel error {connIndex} {ip} {error}")]
    private static partial void LogFailed(ILogger logger, LogLevel level, byte connIndex, IPAddress ip, string error);

    [LoggerMessage(Message = "Register tunnel error from server side {connIndex} {ip} {error}")]
    private static partial void LogRefused(ILogger logger, LogLevel level, byte connIndex, IPAddress ip, string error);

    [LoggerMessage(
        Level = LogLevel.Information, Message = "Restarting connection due to reconnect signal in {seconds}s {connIndex}")]
    private static partial void LogRestarting(ILogger logger, double seconds, byte connIndex);

    [LoggerMessage(Level = LogLevel.Information, Message = "Retrying connection in up to {seconds}s {connIndex}")]
    private static partial void LogRetrying(ILogger logger, double seconds, byte connIndex);
}
