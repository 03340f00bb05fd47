using System.Numerics;

namespace Culvert.Ingress.Snapshots;

/// <summary>
/// Numbers by host, compared byte by byte: a table of slots, at most half of them taken, and the hosts in one array behind it. So
/// a look-up reads two places of memory, however many hosts there are. Immutable and thread-safe; a look-up allocates nothing.
/// </summary>
internal sealed class HostIndex
{
    private const uint Taken = 1;

    private readonly byte[] _keys;
    private readonly Slot[] _slots;

    // Lengths that a host has; no other is worth a look.
    private readonly bool[] _lengths;

    /// <param name="hosts">Each once.</param>
    /// <param name="values">The number of each.</param>
    public HostIndex(IReadOnlyList<byte[]> hosts, ReadOnlySpan<int> values)
    {
        _keys = new byte[hosts.Sum(host => host.Length)];
        _slots = new Slot[BitOperations.RoundUpToPowerOf2((uint)(2 * hosts.Count) + 1)];
        _lengths = new bool[hosts.Count == 0 ? 0 : hosts.Max(host => host.Length) + 1];
        var start = 0;
        for (var i = 0; i < hosts.Count; i++)
        {
            var host = hosts[i];
            host.CopyTo(_keys, start);
            _lengths[host.Length] = true;
            var hash = HostHash.Of(host);
            var at = First(hash);
            while (_slots[at].Tag != 0)
            {
                at = Next(at);
            }

            _slots[at] = new Slot(Tag(hash), start, host.Length, values[i]);
            start += host.Length;
        }
    }

    private HostIndex(HostIndex other, Slot[] slots) => (_keys, _lengths, _slots) = (other._keys, other._lengths, slots);

    /// <summary>Length of the longest host; 0 when there is none.</summary>
    public int Longest => Math.Max(0, _lengths.Length - 1);

    /// <summary>The same hosts, with what the list has at the place of their numbers.</summary>
    public HostIndex WithValues(ReadOnlySpan<int> values)
    {
        var slots = new Slot[_slots.Length];
        for (var i = 0; i < slots.Length; i++)
        {
            slots[i] = _slots[i].Tag == 0 ? default : _slots[i] with { Value = values[_slots[i].Value] };
        }

        return new HostIndex(this, slots);
    }

    /// <summary>The number of a host.</summary>
    public bool TryFind(ReadOnlySpan<byte> host, out int value)
    {
        if (HasLength(host.Length))
        {
            var hash = HostHash.Of(host);
            var tag = Tag(hash);
            for (var at = First(hash); _slots[at].Tag != 0; at = Next(at))
            {
                if (_slots[at].Tag == tag && Key(_slots[at]).SequenceEqual(host))
                {
                    value = _slots[at].Value;
                    return true;
                }
            }
        }

        value = 0;
        return false;
    }

    /// <summary>The number of the longest host that this one ends with, in a table of hosts that begin with a dot.</summary>
    public bool TryFindEnd(ReadOnlySpan<byte> host, out int value)
    {
        for (var start = EndAfter(host, -1); start >= 0; start = EndAfter(host, start))
        {
            if (TryFind(host[start..], out value))
            {
                return true;
            }
        }

        value = 0;
        return false;
    }

    /// <summary>How many slots the look-up of a host reads, and that of its ends when asked for.</summary>
    public int SlotsRead(ReadOnlySpan<byte> host, bool ends)
    {
        var read = 0;
        if (ends)
        {
            for (var start = EndAfter(host, -1); start >= 0; start = EndAfter(host, start))
            {
                read += SlotsRead(host[start..], ends: false);
            }

            return read;
        }

        var more = HasLength(host.Length);
        for (var at = First(HostHash.Of(host)); more; at = Next(at))
        {
            read++;
            more = _slots[at].Tag != 0 && !Key(_slots[at]).SequenceEqual(host);
        }

        return read;
    }

    // The next dot that a host of the table may begin with, or -1.
    private int EndAfter(ReadOnlySpan<byte> host, int start)
    {
        start = Math.Max(start + 1, host.Length - Longest);
        var dot = start < host.Length ? host[start..].IndexOf((byte)'.') : -1;
        return dot < 0 ? -1 : start + dot;
    }

    private bool HasLength(int length) => length < _lengths.Length && _lengths[length];

    private ReadOnlySpan<byte> Key(in Slot slot) => _keys.AsSpan(slot.Start, slot.Length);

    private int First(ulong hash) => (int)(hash & (uint)(_slots.Length - 1));

    private int Next(int at) => (at + 1) & (_slots.Length - 1);

    private static uint Tag(ulong hash) => (uint)(hash >> 32) | Taken;

    // 16 bytes, four to a line of the cache. A tag of zero is an empty slot.
    private readonly record struct Slot(uint Tag, int Start, int Length, int Value);
}
