using System.Collections.Frozen;

namespace Culvert.Connector.Supervision;

/// <summary>
/// The states of one connection and what leads from each to which (supervisor-and-operations, sections 2.2 to 2.7). It does
/// nothing by itself: the loop acts, and tells it what happened. Thread-safe.
/// </summary>
/// <param name="index">Number of the connection.</param>
/// <param name="told">Hears of each change, in order; must not block.</param>
internal sealed class ConnectionStateMachine(byte index, Action<ConnectionChange>? told = null)
{
    private static readonly FrozenDictionary<(ConnectionState, ConnectionEvent), ConnectionState> Next =
        new Dictionary<(ConnectionState, ConnectionEvent), ConnectionState>
        {
            [(ConnectionState.Idle, ConnectionEvent.Begin)] = ConnectionState.Dialling,
            [(ConnectionState.Idle, ConnectionEvent.Stop)] = ConnectionState.Ended,

            [(ConnectionState.Dialling, ConnectionEvent.Dialled)] = ConnectionState.Registering,
            [(ConnectionState.Dialling, ConnectionEvent.DialFailed)] = ConnectionState.Waiting,
            [(ConnectionState.Dialling, ConnectionEvent.Stop)] = ConnectionState.Ended,

            [(ConnectionState.Registering, ConnectionEvent.Registered)] = ConnectionState.Serving,
            [(ConnectionState.Registering, ConnectionEvent.Refused)] = ConnectionState.Waiting,
            [(ConnectionState.Registering, ConnectionEvent.RefusedForGood)] = ConnectionState.Ended,
            [(ConnectionState.Registering, ConnectionEvent.Closed)] = ConnectionState.Waiting,
            [(ConnectionState.Registering, ConnectionEvent.Stop)] = ConnectionState.Ended,

            [(ConnectionState.Serving, ConnectionEvent.Unregister)] = ConnectionState.Draining,
            [(ConnectionState.Serving, ConnectionEvent.Closed)] = ConnectionState.Waiting,
            [(ConnectionState.Serving, ConnectionEvent.Stop)] = ConnectionState.Ended,

            [(ConnectionState.Draining, ConnectionEvent.Closed)] = ConnectionState.Waiting,
            [(ConnectionState.Draining, ConnectionEvent.Stop)] = ConnectionState.Ended,

            [(ConnectionState.Waiting, ConnectionEvent.Begin)] = ConnectionState.Dialling,
            [(ConnectionState.Waiting, ConnectionEvent.Stop)] = ConnectionState.Ended,
        }.ToFrozenDictionary();

    private readonly Lock _lock = new();
    private ConnectionState _state = ConnectionState.Idle;

    /// <summary>Where the connection stands.</summary>
    public ConnectionState State
    {
        get
        {
            lock (_lock)
            {
                return _state;
            }
        }
    }

    /// <summary>Where an event leads.</summary>
    /// <returns>False when it cannot happen in that state.</returns>
    public static bool TryNext(ConnectionState state, ConnectionEvent what, out ConnectionState next) =>
        Next.TryGetValue((state, what), out next);

    /// <summary>Notes that something happened.</summary>
    /// <returns>The state it led to.</returns>
    /// <exception cref="InvalidOperationException">It cannot happen in the present state: a defect of the loop.</exception>
    public ConnectionState Fire(ConnectionEvent what) => TryFire(what, out var state) ? state
        : throw new InvalidOperationException($"connection {index}: {what} while {state}");

    /// <summary>Notes something that may come too late: what another task saw, while this one saw the end.</summary>
    /// <param name="what">What happened.</param>
    /// <param name="state">The state now.</param>
    /// <returns>False when it cannot happen in the present state, which stays.</returns>
    public bool TryFire(ConnectionEvent what, out ConnectionState state)
    {
        lock (_lock)
        {
            var from = _state;
            if (!TryNext(from, what, out var next))
            {
                state = from;
                return false;
            }

            _state = state = next;
            told?.Invoke(new ConnectionChange(index, from, next));
            return true;
        }
    }
}

/// <summary>A connection went from one state to another.</summary>
/// <param name="Index">Number of the connection.</param>
/// <param name="From">The state it left.</param>
/// <param name="To">The state it is in.</param>
internal readonly record struct ConnectionChange(byte Index, ConnectionState From, ConnectionState To);
