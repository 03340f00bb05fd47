using Culvert.Connector.Supervision;

namespace Culvert.Connector.Tests.Supervision;

public class ConnectionStateMachineTests
{
    /// <summary>The table, read a second time: every pair that is not in it must be refused.</summary>
    private static readonly Dictionary<ConnectionState, Dictionary<ConnectionEvent, ConnectionState>> Table = new()
    {
        [ConnectionState.Idle] = new()
        {
            [ConnectionEvent.Begin] = ConnectionState.Dialling,
            [ConnectionEvent.Stop] = ConnectionState.Ended,
        },
        [ConnectionState.Dialling] = new()
        {
            [ConnectionEvent.Dialled] = ConnectionState.Registering,
            [ConnectionEvent.DialFailed] = ConnectionState.Waiting,
            [ConnectionEvent.Stop] = ConnectionState.Ended,
        },
        [ConnectionState.Registering] = new()
        {
            [ConnectionEvent.Registered] = ConnectionState.Serving,
            [ConnectionEvent.Refused] = ConnectionState.Waiting,
            [ConnectionEvent.RefusedForGood] = ConnectionState.Ended,
            [ConnectionEvent.Closed] = ConnectionState.Waiting,
            [ConnectionEvent.Stop] = ConnectionState.Ended,
        },
        [ConnectionState.Serving] = new()
        {
            [ConnectionEvent.Unregister] = ConnectionState.Draining,
            [ConnectionEvent.Closed] = ConnectionState.Waiting,
            [ConnectionEvent.Stop] = ConnectionState.Ended,
        },
        [ConnectionState.Draining] = new()
        {
            [ConnectionEvent.Closed] = ConnectionState.Waiting,
            [ConnectionEvent.Stop] = ConnectionState.Ended,
        },
        [ConnectionState.Waiting] = new()
        {
            [ConnectionEvent.Begin] = ConnectionState.Dialling,
            [ConnectionEvent.Stop] = ConnectionState.Ended,
        },
        [ConnectionState.Ended] = [],
    };

    public static TheoryData<ConnectionState, ConnectionEvent> EveryPair()
    {
        var pairs = new TheoryData<ConnectionState, ConnectionEvent>();
        foreach (var state in Enum.GetValues<ConnectionState>())
        {
            foreach (var what in Enum.GetValues<ConnectionEvent>())
            {
                pairs.Add(state, what);
            }
        }

        return pairs;
    }

    [Theory, MemberData(nameof(EveryPair))]
    public void Every_event_in_every_state(ConnectionState state, ConnectionEvent what)
    {
        var changes = new List<ConnectionChange>();
        var machine = Reach(state, changes);
        changes.Clear();
        if (Table[state].TryGetValue(what, out var next))
        {
            Assert.Equal(next, machine.Fire(what));
            Assert.Equal([new ConnectionChange(3, state, next)], changes);
        }
        else
        {
            var failure = Assert.Throws<InvalidOperationException>(() => machine.Fire(what));
            Assert.Contains($"connection 3: {what} while {state}", failure.Message, StringComparison.Ordinal);
            Assert.Empty(changes);
            Assert.Equal(state, machine.State);
        }
    }

    private static ConnectionStateMachine Reach(ConnectionState state, List<ConnectionChange> changes)
    {
        var machine = new ConnectionStateMachine(3, changes.Add);
        ConnectionEvent[] way = state switch
        {
            ConnectionState.Idle => [],
            ConnectionState.Dialling => [ConnectionEvent.Begin],
            ConnectionState.Registering => [ConnectionEvent.Begin, ConnectionEvent.Dialled],
            ConnectionState.Serving => [ConnectionEvent.Begin, ConnectionEvent.Dialled, ConnectionEvent.Registered],
            ConnectionState.Draining =>
                [ConnectionEvent.Begin, ConnectionEvent.Dialled, ConnectionEvent.Registered, ConnectionEvent.Unregister],
            ConnectionState.Waiting => [ConnectionEvent.Begin, ConnectionEvent.DialFailed],
            _ => [ConnectionEvent.Stop],
        };
        Array.ForEach(way, what => machine.Fire(what));
        Assert.Equal(state, machine.State);
        return machine;
    }
}
