using Culvert.Connector.EdgeAddresses;
using Culvert.Connector.Registration;
using Culvert.Transports.Connections;
using Microsoft.Extensions.Logging;

namespace Culvert.Connector.Supervision;

/// <summary>
/// Starts the connector's connections, the first alone and the others a second apart, and decides what they share: which has
/// which address, and which transport is used (supervisor-and-operations, section 2).
/// </summary>
internal sealed partial class Supervisor
{
    /// <summary>Between the starts of connections after the first.</summary>
    public static readonly TimeSpan Spacing = TimeSpan.FromSeconds(1);

    /// <summary>How often it is looked whether the transport is the second best.</summary>
    public static readonly TimeSpan Check = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a connection that moves to another transport may take to be registered, beside the time of its drain.
    /// </summary>
    private static readonly TimeSpan MoveLimit = TimeSpan.FromSeconds(30);

    // No connection of the connector has it, so a probe shares no port with one.
    private const byte ProbeIndex = byte.MaxValue;

    private readonly EdgeDialers _dialers;
    private readonly ProtocolChoice _choice;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly List<EdgeConnectionLoop> _loops = [];

    /// <param name="addresses">The edge.</param>
    /// <param name="dialers">The transports; not owned.</param>
    /// <param name="addressRetries">Failed dials in a row that change no transport.</param>
    /// <param name="tracker">Hears of every connection's state.</param>
    /// <param name="time">The clock of waits.</param>
    /// <param name="logger">Takes its lines.</param>
    public Supervisor(
        EdgeAddressPool addresses, EdgeDialers dialers, int addressRetries, ConnectionTracker tracker, TimeProvider time,
        ILogger logger)
    {
        Addresses = addresses;
        Tracker = tracker;
        _dialers = dialers;
        _choice = new ProtocolChoice(dialers.Protocols, addressRetries, tracker, time);
        _time = time;
        _logger = logger;
    }

    /// <summary>The edge's addresses.</summary>
    public EdgeAddressPool Addresses { get; }

    /// <summary>What every connection is doing.</summary>
    public ConnectionTracker Tracker { get; }

    /// <summary>Level of lines about a connection that failed: an error when no other is left.</summary>
    public LogLevel FailureLevel => Tracker.Ready > 0 ? LogLevel.Warning : LogLevel.Error;

    /// <summary>Keeps connections up until a stop was asked for and all have ended.</summary>
    /// <param name="wanted">Number of connections; no more are made than there are addresses.</param>
    /// <param name="create">Makes the loop of a connection.</param>
    /// <param name="grace">The stop.</param>
    /// <exception cref="RegistrationRefusedException">The first registration was refused for good.</exception>
    public async Task RunAsync(int wanted, Func<byte, EdgeConnectionLoop> create, GracePeriod grace)
    {
        var connections = Math.Min(wanted, Addresses.Available);
        if (connections < wanted)
        {
            LogFewerConnections(_logger, wanted, connections);
        }

        var first = create(0);
        Add(first);

        // Asked for before it runs: a registration that is over at once must not be missed.
        var registered = first.NextRegistration;
        var running = new List<Task> { first.RunAsync(grace) };

        // One refusal is enough to know that the credentials are wrong.
        await Task.WhenAny(running[0], registered).ConfigureAwait(false);
        for (var index = 1; index < connections && !running[0].IsCompleted; index++)
        {
            var next = create((byte)index);
            Add(next);
            running.Add(next.RunAsync(grace));
            await Task.Delay(Spacing, _time, grace.Asked).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(grace.Asked);
        var looking = LookForQuicAsync(grace, over.Token);
        try
        {
            await Task.WhenAll(running).ConfigureAwait(false);
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            await looking.ConfigureAwait(false);
        }
    }

    /// <summary>Breaks one of the connections that are served, any of them, as a failure would.</summary>
    /// <returns>False when there is none.</returns>
    public bool Break(TimeSpan restartAfter)
    {
        EdgeConnectionLoop[] loops;
        lock (_loops)
        {
            loops = [.. _loops];
        }

        Random.Shared.Shuffle(loops);
        return Array.Exists(loops, loop => loop.Break(restartAfter));
    }

    /// <summary>What the next attempt dials with.</summary>
    public async ValueTask<IEdgeDialer> NextDialerAsync(CancellationToken cancellationToken)
    {
        await AllowAsync(cancellationToken).ConfigureAwait(false);
        return _dialers.Of(_choice.Current);
    }

    /// <summary>Notes that a connection registered.</summary>
    public void Registered(string protocol) => _choice.Registered(protocol);

    /// <summary>Notes that a dial failed, which may change the transport.</summary>
    public void DialFailed(string protocol)
    {
        if (_choice.DialFailed(protocol) is { } other)
        {
            LogFallback(_logger, other);
        }
    }

    private void Add(EdgeConnectionLoop loop)
    {
        lock (_loops)
        {
            _loops.Add(loop);
        }
    }

    // Which transports may be used is not for ever where the edge decides it.
    private async Task AllowAsync(CancellationToken cancellationToken)
    {
        await _dialers.RefreshAsync(cancellationToken).ConfigureAwait(false);
        if (_choice.Allow(_dialers.Protocols) is { } other)
        {
            LogChange(_logger, other);
        }
    }

    // While a connector that may use QUIC does not, QUIC is dialled now and then; when it has answered twice, connections move.
    private async Task LookForQuicAsync(GracePeriod grace, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var probe = _choice.NextProbe;
            await Task.Delay(probe ?? Check, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (probe is null || stop.IsCancellationRequested)
            {
                continue;
            }

            await AllowAsync(stop).ConfigureAwait(false);
            if (_choice.NextProbe is not null && _choice.Probed(await AnswersAsync(stop).ConfigureAwait(false)))
            {
                LogChange(_logger, ProtocolChoice.Quic);
                await MoveAsync(grace).ConfigureAwait(false);
            }
        }
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        if (Addresses.Any() is not { } address)
        {
            return false;
        }

        try
        {
            var connection = await _dialers.Of(ProtocolChoice.Quic).DialAsync(address.EndPoint, ProbeIndex, cancellationToken)
                .ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is EdgeDialException or OperationCanceledException)
        {
            return false;
        }
    }

    // One at a time, and only while another one is registered: visitors notice nothing. A lone connection moves when it is lost.
    private async Task MoveAsync(GracePeriod grace)
    {
        foreach (var loop in _loops.Where(loop => loop.Protocol != _choice.Current))
        {
            if (Tracker.Ready > 1)
            {
                var registered = loop.NextRegistration;
                loop.Leave();
                await registered.WaitAsync(grace.Length + MoveLimit, _time, grace.Asked)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "You requested {requested} HA connections but I can give you at most {available}.")]
    private static partial void LogFewerConnections(ILogger logger, int requested, int available);

    [LoggerMessage(Level = LogLevel.Information, Message = "Switching to fallback protocol {protocol:l}")]
    private static partial void LogFallback(ILogger logger, string protocol);

    [LoggerMessage(Level = LogLevel.Information, Message = "Changing protocol to {protocol:l}")]
    private static partial void LogChange(ILogger logger, string protocol);
}
