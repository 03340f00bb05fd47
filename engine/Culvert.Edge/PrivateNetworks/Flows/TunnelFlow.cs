using Culvert.Edge.Tunnels;
using Culvert.Engine.Datagrams.V3;

namespace Culvert.Edge.PrivateNetworks.Flows;

/// <summary>
/// One client's UDP conversation with a destination behind a tunnel: registers it with a connector, keeps what is sent meanwhile,
/// and follows it from connection to connection (datagrams, section 9). Thread-safe; datagrams of an open flow take no lock.
/// Times are milliseconds of the table's clock.
/// </summary>
internal sealed partial class TunnelFlow
{
    private readonly Lock _gate = new();
    private readonly FlowTable _table;
    private readonly IFlowClient _client;
    private readonly Queue<byte[]> _queue = new();
    private State _state;
    private volatile FlowCarrier? _carrier;

    // What an open flow is sent over; null in any other state.
    private volatile Binding? _binding;
    private FlowCarrier? _next;
    private bool _triedOtherConnector;
    private long _lastSent;
    private long _lastReceived;
    private long _lastRegistered;
    private long _registerAgainAt = long.MaxValue;
    private long _deadline;
    private long _retryAt;
    private long _retryDelay;

    public TunnelFlow(FlowTable table, UInt128 id, Tunnel tunnel, PrivateDestination destination, IFlowClient client)
    {
        _table = table;
        Id = id;
        Tunnel = tunnel;
        Destination = destination;
        _client = client;
        _lastSent = _lastReceived = table.Now;
    }

    private enum State
    {
        // Nothing was asked of a connector yet.
        New,

        // No connection of the tunnel takes flows now.
        Waiting,

        // A registration is under way.
        Registering,

        Active,

        // It could not be opened; left alone until the deadline, and then until there is something to send.
        Held,

        Ended,
    }

    /// <summary>Under which a connector knows it; another connector gets another one.</summary>
    public UInt128 Id { get; private set; }

    public Tunnel Tunnel { get; }

    public PrivateDestination Destination { get; }

    /// <summary>Whether a connector's datagrams may be for it.</summary>
    public bool BelongsTo(FlowCarrier carrier) => _carrier is { } mine
        && (mine == carrier || (mine.FlowsMayMove && carrier.FlowsMayMove && mine.ConnectorId == carrier.ConnectorId));

    /// <summary>Sends a client's datagram, or keeps it until the connector has answered.</summary>
    /// <param name="payload">A copy is kept of what has to wait.</param>
    /// <param name="source">The calling thread's, to be flushed afterwards; the same one for all of a flow's datagrams.</param>
    /// <returns>False when it is dropped because the destination cannot be reached now.</returns>
    public bool Send(ReadOnlySpan<byte> payload, FlowSource source)
    {
        if (_binding is not { } binding || payload.Length > DatagramSizes.MaxPayload)
        {
            return SendLater(payload);
        }

        Volatile.Write(ref _lastSent, _table.Now);
        if (!source.TrySend(binding.Carrier, binding.Id, payload))
        {
            _table.Counters.CountDropped();
        }

        return true;
    }

    /// <summary>A datagram from the destination. It also answers a registration whose answer is still under way.</summary>
    public void Receive(ReadOnlySpan<byte> payload)
    {
        Volatile.Write(ref _lastReceived, _table.Now);
        if (_binding is null)
        {
            lock (_gate)
            {
                if (_state == State.Registering)
                {
                    Activate();
                }
            }
        }

        _client.Deliver(this, payload);
    }

    /// <summary>A connector's answer to a registration.</summary>
    public void Answered(FlowCarrier carrier, RegistrationOutcome outcome)
    {
        bool wasOpen;
        lock (_gate)
        {
            if (outcome == RegistrationOutcome.Ok)
            {
                Accepted(carrier);
                return;
            }

            if (carrier != _carrier || _state is not (State.Registering or State.Active))
            {
                return;
            }

            wasOpen = outcome == RegistrationOutcome.DestinationUnreachable && _state == State.Active;
            if (wasOpen)
            {
                // The next datagram opens it again: the port may be open by then.
                Hold(TimeSpan.Zero);
            }
            else if (!TryHoldRefused(outcome))
            {
                return;
            }
        }

        if (wasOpen)
        {
            _client.Unreachable(this);
        }
        else
        {
            _client.Refused(this);
        }
    }

    /// <summary>The connector told that the session is no more; the next datagram opens another.</summary>
    /// <param name="isUnreachable">Whether it ended because the destination's host refused a datagram.</param>
    public void Lost(bool isUnreachable)
    {
        lock (_gate)
        {
            if (_state is not (State.Active or State.Registering))
            {
                return;
            }

            Hold(TimeSpan.Zero);
        }

        if (isUnreachable)
        {
            _client.Unreachable(this);
        }
    }

    /// <summary>Its connection may have ended: goes to another one.</summary>
    public void CarrierEnded(FlowCarrier carrier)
    {
        lock (_gate)
        {
            if (_carrier == carrier && _state is State.Active or State.Registering)
            {
                Begin(_table.Now);
            }
        }
    }

    /// <summary>Ten times in a second while a connector is to answer: sends the registration again, or gives up.</summary>
    public void Retry(long now)
    {
        lock (_gate)
        {
            if (_state is not (State.Registering or State.Waiting))
            {
                _table.StopWatching(this);
                return;
            }

            if (now < _deadline)
            {
                RetryBeforeDeadline(now);
                return;
            }

            _table.Counters.CountRefused();
            Hold(_table.Options.BusyHold);
        }

        _client.Refused(this);
    }

    /// <summary>Once in a second: ends it when it is idle, and looks after its binding.</summary>
    public void Sweep(long now)
    {
        lock (_gate)
        {
            if (_state == State.Ended)
            {
                return;
            }

            var lastUse = Math.Max(Volatile.Read(ref _lastSent), Volatile.Read(ref _lastReceived));
            if (now - lastUse < (long)_table.Options.IdleTimeout.TotalMilliseconds)
            {
                LookAfterBinding(now);
                return;
            }
        }

        End();
    }

    /// <summary>Ends it from the client's side.</summary>
    public void End()
    {
        lock (_gate)
        {
            if (_state == State.Ended)
            {
                return;
            }

            if (_state == State.Active)
            {
                _carrier!.Forget(Id);
            }

            DropQueue();
            Become(State.Ended);
            _table.Remove(this);
        }

        _client.Ended(this);
    }

    // False when another connector is asked instead.
    private bool TryHoldRefused(RegistrationOutcome outcome)
    {
        _table.Counters.CountRefused();
        var isBusy = outcome == RegistrationOutcome.TooManyActiveFlows;
        if (isBusy && !_triedOtherConnector && FlowTable.Pick(Tunnel, _carrier, sameConnector: false) is { } other)
        {
            _triedOtherConnector = true;
            RegisterOn(other, _table.Now);
            return false;
        }

        Hold(isBusy ? _table.Options.BusyHold : _table.Options.RefusalHold);
        return true;
    }

    private void Accepted(FlowCarrier carrier)
    {
        if (carrier == _carrier && _state == State.Registering)
        {
            Activate();
        }
        else if (carrier == _next && _state == State.Active)
        {
            (_carrier, _next) = (_next, null);
            Become(State.Active);
            _table.Counters.CountMigrated();
        }
    }

    // The client's next datagrams go through its thread's own queue: behind these, as the connection reads this one first.
    private void Activate()
    {
        _table.StopWatching(this);
        while (_queue.TryDequeue(out var datagram))
        {
            _table.ReturnRoom();
            if (!_carrier!.TrySend(Id, datagram))
            {
                _table.Counters.CountDropped();
            }
        }

        Become(State.Active);
    }

    private void Become(State state)
    {
        _state = state;
        _binding = state == State.Active ? new Binding(_carrier!, Id) : null;
    }

    private bool SendLater(ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            var now = _table.Now;
            Volatile.Write(ref _lastSent, now);
            if (payload.Length > DatagramSizes.MaxPayload || _state == State.Ended)
            {
                _table.Counters.CountDropped();
            }
            else if (_state == State.Held && now < _deadline)
            {
                _table.Counters.CountDropped();
                return false;
            }
            else if (_state != State.Active)
            {
                Keep(payload);
                if (_state is State.New or State.Held)
                {
                    _triedOtherConnector = false;
                    Begin(now);
                }
            }
            else if (!_carrier!.TrySend(Id, payload))
            {
                // It became open a moment ago.
                _table.Counters.CountDropped();
            }

            return true;
        }
    }

    private void Hold(TimeSpan duration)
    {
        DropQueue();
        Become(State.Held);
        _deadline = _table.Now + (long)duration.TotalMilliseconds;
        _table.StopWatching(this);
    }

    private void Keep(ReadOnlySpan<byte> payload)
    {
        if (_queue.Count == _table.Options.MaxQueuedOfFlow)
        {
            _queue.Dequeue();
            _table.ReturnRoom();
            _table.Counters.CountDropped();
        }

        if (_table.TryTakeRoom())
        {
            _queue.Enqueue(payload.ToArray());
        }
        else
        {
            _table.Counters.CountDropped();
        }
    }

    private void DropQueue()
    {
        while (_queue.TryDequeue(out _))
        {
            _table.ReturnRoom();
            _table.Counters.CountDropped();
        }
    }

    private sealed record Binding(FlowCarrier Carrier, UInt128 Id);
}
