using Culvert.Edge.Tunnels;
using Culvert.Engine.Datagrams.V3;

namespace Culvert.Edge.PrivateNetworks.Flows;

/// <summary>
/// One client's UDP conversation with a destination behind a tunnel: registers it with a connector, keeps what is sent meanwhile,
/// and follows it from connection to connection (datagrams, section 9). Thread-safe. Times are milliseconds of the table's clock.
/// </summary>
internal sealed class TunnelFlow
{
    private readonly Lock _gate = new();
    private readonly FlowTable _table;
    private readonly IFlowClient _client;
    private readonly Queue<byte[]> _queue = new();
    private State _state;
    private FlowCarrier? _carrier;
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
    public bool BelongsTo(FlowCarrier carrier)
    {
        lock (_gate)
        {
            return _carrier is { } mine
                && (mine == carrier || (mine.FlowsMayMove && carrier.FlowsMayMove && mine.ConnectorId == carrier.ConnectorId));
        }
    }

    /// <summary>Sends a client's datagram, or keeps it until the connector has answered.</summary>
    public void Send(ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            var now = _table.Now;
            _lastSent = now;
            if (payload.Length > DatagramSizes.MaxPayload || _state == State.Ended || (_state == State.Held && now < _deadline))
            {
                _table.Counters.CountDropped();
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
                _table.Counters.CountDropped();
            }
        }
    }

    /// <summary>A datagram from the destination. It also answers a registration whose answer is still under way.</summary>
    public void Receive(ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            _lastReceived = _table.Now;
            if (_state == State.Registering)
            {
                Activate();
            }
        }

        _client.Deliver(this, payload);
    }

    /// <summary>A connector's answer to a registration.</summary>
    public void Answered(FlowCarrier carrier, RegistrationOutcome outcome)
    {
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

            _table.Counters.CountRefused();
            var isBusy = outcome == RegistrationOutcome.TooManyActiveFlows;
            if (isBusy && !_triedOtherConnector && FlowTable.Pick(Tunnel, _carrier, sameConnector: false) is { } other)
            {
                _triedOtherConnector = true;
                RegisterOn(other, _table.Now);
                return;
            }

            Hold(isBusy ? _table.Options.BusyHold : _table.Options.RefusalHold);
        }

        _client.Refused(this);
    }

    /// <summary>The connector told that the session is no more; the next datagram opens another.</summary>
    public void Lost()
    {
        lock (_gate)
        {
            if (_state is State.Active or State.Registering)
            {
                Hold(TimeSpan.Zero);
            }
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

            if (now - Math.Max(_lastSent, _lastReceived) < (long)_table.Options.IdleTimeout.TotalMilliseconds)
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
            _state = State.Ended;
            _table.Remove(this);
        }

        _client.Ended(this);
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
            _table.Counters.CountMigrated();
        }
    }

    private void Activate()
    {
        _state = State.Active;
        _table.StopWatching(this);
        while (_queue.TryDequeue(out var datagram))
        {
            _table.ReturnRoom();
            if (!_carrier!.TrySend(Id, datagram))
            {
                _table.Counters.CountDropped();
            }
        }
    }

    private void Begin(long now)
    {
        var old = _carrier;
        if (FlowTable.Pick(Tunnel, old, sameConnector: true) is { } carrier)
        {
            if (old is not null && _state is State.Active or State.Registering)
            {
                _table.Counters.CountMigrated();
            }

            RegisterOn(carrier, now);
            return;
        }

        if (_state != State.Waiting)
        {
            _deadline = now + (long)_table.Options.AnswerTimeout.TotalMilliseconds;
            _state = State.Waiting;
            _table.Watch(this);
        }
    }

    private void RegisterOn(FlowCarrier carrier, long now)
    {
        var old = _carrier;
        var isSameFlow = old is not null && old.ConnectorId == carrier.ConnectorId && old.FlowsMayMove && carrier.FlowsMayMove;
        if (!isSameFlow && old is not null)
        {
            // An id must never name two conversations of one process, and no session may be registered twice.
            Id = _table.Rename(this);
        }

        // A connector that still holds the old connection under this index may answer for that one (datagrams, section 5.4).
        _registerAgainAt = isSameFlow && old!.Index == carrier.Index && old != carrier
            ? now + (long)_table.Options.SilenceLimit.TotalMilliseconds : long.MaxValue;
        _carrier = carrier;
        _next = null;
        _state = State.Registering;
        _deadline = now + (long)_table.Options.AnswerTimeout.TotalMilliseconds;
        _retryDelay = (long)_table.Options.FirstRetry.TotalMilliseconds;
        _retryAt = now + _retryDelay;
        _table.Watch(this);
        Register(carrier, now);
    }

    private void Register(FlowCarrier carrier, long now)
    {
        _lastRegistered = now;
        carrier.Register(Id, Destination, _table.Options.IdleHintSeconds);
    }

    private void RetryBeforeDeadline(long now)
    {
        if (_state == State.Waiting)
        {
            Begin(now);
        }
        else if (!_carrier!.IsOpen)
        {
            Begin(now);
        }
        else if (now >= _retryAt && _carrier.FlowsMayMove)
        {
            _retryDelay = Math.Min(_retryDelay * 2, (long)_table.Options.LastRetry.TotalMilliseconds);
            _retryAt = now + _retryDelay;
            _table.Counters.CountRetry();
            Register(_carrier, now);
        }
    }

    private void LookAfterBinding(long now)
    {
        if (_state != State.Active || !_carrier!.FlowsMayMove)
        {
            return;
        }

        if (_carrier.IsDraining && FlowTable.Pick(Tunnel, _carrier, sameConnector: true) is { } other
            && other.ConnectorId == _carrier.ConnectorId && other != _carrier)
        {
            // Replies go on over the old connection until the other one has answered.
            _next = other;
            Register(other, now);
            return;
        }

        var isSilent = _lastSent > _lastReceived
            && now - Math.Max(_lastReceived, _lastRegistered) >= (long)_table.Options.SilenceLimit.TotalMilliseconds;
        if (isSilent || now >= _registerAgainAt)
        {
            _registerAgainAt = long.MaxValue;
            _table.Counters.CountRetry();
            Register(_carrier, now);
        }
    }

    private void Hold(TimeSpan duration)
    {
        DropQueue();
        _state = State.Held;
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
}
