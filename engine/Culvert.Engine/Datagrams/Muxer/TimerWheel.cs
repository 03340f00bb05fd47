using System.Numerics;

namespace Culvert.Engine.Datagrams.Muxer;

/// <summary>
/// Looks at every flow about when it may have been idle for its period. Activity only writes a time into the flow; the wheel
/// finds that out when it gets there and moves the flow on, so a datagram costs no timer. Times are milliseconds. One thread's.
/// </summary>
internal sealed class TimerWheel(long now)
{
    /// <summary>Milliseconds between two looks: how late an end can be.</summary>
    public const int Tick = 100;

    private const int Slots = 512;

    private readonly Flow?[] _slots = new Flow?[Slots];
    private readonly ulong[] _occupied = new ulong[Slots / 64];
    private long _current = now / Tick;

    public int Count { get; private set; }

    /// <summary>Adds a flow; one due later than a turn is looked at once a turn.</summary>
    public void Add(Flow flow)
    {
        var due = (flow.LastActive + flow.IdlePeriod + Tick - 1) / Tick;
        var slot = (int)(Math.Clamp(due, _current + 1, _current + Slots - 1) & (Slots - 1));
        flow.WheelSlot = slot;
        flow.PreviousInWheel = null;
        flow.NextInWheel = _slots[slot];
        if (flow.NextInWheel is { } next)
            next.PreviousInWheel = flow;
        _slots[slot] = flow;
        _occupied[slot >> 6] |= 1UL << slot;
        Count++;
    }

    public void Remove(Flow flow)
    {
        if (flow.WheelSlot < 0)
            return;
        if (flow.PreviousInWheel is { } previous)
            previous.NextInWheel = flow.NextInWheel;
        else
            _slots[flow.WheelSlot] = flow.NextInWheel;
        if (flow.NextInWheel is { } next)
            next.PreviousInWheel = flow.PreviousInWheel;
        if (_slots[flow.WheelSlot] is null)
            _occupied[flow.WheelSlot >> 6] &= ~(1UL << flow.WheelSlot);
        flow.NextInWheel = flow.PreviousInWheel = null;
        flow.WheelSlot = -1;
        Count--;
    }

    /// <summary>Moves to a time and takes out what has been idle for its period.</summary>
    public void Advance(long now, List<Flow> idle)
    {
        var target = now / Tick;
        var first = Math.Max(_current + 1, target - Slots + 1);
        if (Count == 0 || first > target)
        {
            _current = Math.Max(_current, target);
            return;
        }
        _current = target;
        for (var tick = first; tick <= target; tick++)
        {
            var flow = _slots[tick & (Slots - 1)];
            while (flow is not null)
            {
                var next = flow.NextInWheel;
                Remove(flow);
                if (flow.LastActive + flow.IdlePeriod <= now)
                    idle.Add(flow);
                else
                    Add(flow);
                flow = next;
            }
        }
    }

    /// <summary>Milliseconds until a flow has to be looked at; -1 for never.</summary>
    public int Delay(long now)
    {
        if (Count == 0)
            return -1;
        for (var ahead = 1; ahead < Slots;)
        {
            var slot = (int)((_current + ahead) & (Slots - 1));
            var rest = _occupied[slot >> 6] >> slot;
            if (rest != 0)
                return (int)Math.Max(0, ((_current + ahead + BitOperations.TrailingZeroCount(rest)) * Tick) - now);
            ahead += 64 - (slot & 63);
        }
        return Tick;
    }
}
