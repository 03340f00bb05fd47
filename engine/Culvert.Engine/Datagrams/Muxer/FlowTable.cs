using System.Diagnostics.CodeAnalysis;

namespace Culvert.Engine.Datagrams.Muxer;

/// <summary>
/// A connection's flows by request id: open addressing with linear probing, no tombstones. Flow objects are reused; when the last
/// flow has ended the table is as small as at first. One thread's.
/// </summary>
internal sealed class FlowTable
{
    private const int SmallestCapacity = 1024;

    // An edge that chose its ids for it must not be able to make all of them meet in one place.
    private readonly ulong _seed = (ulong)Random.Shared.NextInt64() | 1;
    private UInt128[] _ids = new UInt128[SmallestCapacity];
    private Flow?[] _flows = new Flow?[SmallestCapacity];
    private Flow[] _all = [];
    private Flow[] _free = [];
    private int _created;
    private int _freeCount;

    public int Count { get; private set; }

    public int Capacity => _flows.Length;

    /// <summary>Slots that flows have had; a flow that ended may still be under its own.</summary>
    public int Slots => _created;

    public Flow BySlot(int slot) => _all[slot];

    public bool TryFind(UInt128 id, [NotNullWhen(true)] out Flow? flow)
    {
        for (var at = Home(id); ; at = (at + 1) & (_flows.Length - 1))
        {
            flow = _flows[at];
            if (flow is null)
                return false;
            if (_ids[at] == id)
                return true;
        }
    }

    /// <summary>Adds a flow with an id that is not there.</summary>
    public Flow Add(UInt128 id)
    {
        if ((Count + 1) * 4 > _flows.Length * 3)
            Resize(_flows.Length * 2);
        var flow = Rent();
        flow.Id = id;
        Place(id, flow);
        Count++;
        return flow;
    }

    /// <summary>Forgets a flow; the object is for <see cref="Recycle"/> when nobody holds it any more.</summary>
    public void Remove(UInt128 id)
    {
        var mask = _flows.Length - 1;
        var hole = Home(id);
        while (_ids[hole] != id)
            hole = (hole + 1) & mask;
        // Whatever probed past the hole moves back into it.
        for (var at = (hole + 1) & mask; _flows[at] is not null; at = (at + 1) & mask)
        {
            var distance = (at - Home(_ids[at])) & mask;
            if (distance < ((at - hole) & mask))
                continue;
            (_ids[hole], _flows[hole]) = (_ids[at], _flows[at]);
            hole = at;
        }
        _flows[hole] = null;
        Count--;
    }

    public void Recycle(Flow flow)
    {
        _free[_freeCount++] = flow;
        if (Count > 0 || _freeCount < _created || _created <= SmallestCapacity)
            return;
        _ids = new UInt128[SmallestCapacity];
        _flows = new Flow?[SmallestCapacity];
        _all = [];
        _free = [];
        _created = 0;
        _freeCount = 0;
    }

    private Flow Rent()
    {
        if (_freeCount > 0)
            return _free[--_freeCount];
        if (_created == _all.Length)
        {
            Array.Resize(ref _all, Math.Max(64, _created * 2));
            Array.Resize(ref _free, _all.Length);
        }
        var flow = new Flow(_created);
        _all[_created++] = flow;
        return flow;
    }

    private int Home(UInt128 id)
    {
        var mixed = ((ulong)id ^ System.Numerics.BitOperations.RotateLeft((ulong)(id >> 64) * _seed, 29)) * _seed;
        return (int)(mixed >> 33) & (_flows.Length - 1);
    }

    private void Place(UInt128 id, Flow flow)
    {
        var at = Home(id);
        while (_flows[at] is not null)
            at = (at + 1) & (_flows.Length - 1);
        _ids[at] = id;
        _flows[at] = flow;
    }

    private void Resize(int capacity)
    {
        var flows = _flows;
        _ids = new UInt128[capacity];
        _flows = new Flow?[capacity];
        foreach (var flow in flows)
        {
            if (flow is not null)
                Place(flow.Id, flow);
        }
    }
}
