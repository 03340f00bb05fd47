namespace Culvert.Edge.PrivateNetworks.Flows;

/// <summary>
/// Which connection a flow is asked for on, and when it is asked for again. All of it is called with the lock held.
/// </summary>
internal sealed partial class TunnelFlow
{
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
            Become(State.Waiting);
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
        Become(State.Registering);
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
}
