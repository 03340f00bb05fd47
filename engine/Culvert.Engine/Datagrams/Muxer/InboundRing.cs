using System.Runtime.InteropServices;

namespace Culvert.Engine.Datagrams.Muxer;

/// <summary>
/// Datagrams from one connection's thread to one shard: slots of one size, taken once. One producer, one consumer, no lock. When
/// it is full the newest is dropped and counted.
/// </summary>
internal sealed unsafe class InboundRing
{
    private const int Prefix = sizeof(long);

    private readonly int _mask;
    private readonly byte* _slots;
    private long _tail;
    private long _dropped;
#pragma warning disable CS0169, CA1823, IDE0051 // keeps the two ends' counters on different cache lines
    private readonly long _gap1, _gap2, _gap3, _gap4, _gap5, _gap6, _gap7, _gap8;
#pragma warning restore CS0169, CA1823, IDE0051
    private long _head;

    /// <param name="slots">A power of two.</param>
    public InboundRing(int slots)
    {
        _mask = slots - 1;
        // Not cleared: pages that no datagram has touched cost no memory.
        _slots = (byte*)NativeMemory.AlignedAlloc((nuint)slots * SlotBytes, 64);
    }

    // Only here: neither end may be left that could still touch a slot.
    ~InboundRing() => NativeMemory.AlignedFree(_slots);

    /// <summary>Bytes of the longest datagram a slot holds; longer ones are of no type there is.</summary>
    public const int MaxDatagram = SlotBytes - Prefix;

    private const int SlotBytes = 1472;

    public long Dropped => Volatile.Read(ref _dropped);

    public bool IsEmpty => Volatile.Read(ref _tail) == Volatile.Read(ref _head);

    /// <summary>The producer's.</summary>
    public void Write(ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length > MaxDatagram || _tail - Volatile.Read(ref _head) > _mask)
        {
            Volatile.Write(ref _dropped, _dropped + 1);
            return;
        }
        var slot = _slots + ((_tail & _mask) * SlotBytes);
        *(int*)slot = datagram.Length;
        datagram.CopyTo(new Span<byte>(slot + Prefix, datagram.Length));
        Volatile.Write(ref _tail, _tail + 1);
    }

    /// <summary>The consumer's: how many can be looked at.</summary>
    public int Available => (int)(Volatile.Read(ref _tail) - _head);

    /// <summary>The consumer's: a datagram in place, until it is released.</summary>
    public byte* Peek(int index, out int length)
    {
        var slot = _slots + (((_head + index) & _mask) * SlotBytes);
        length = *(int*)slot;
        return slot + Prefix;
    }

    /// <summary>The consumer's: gives the oldest slots back.</summary>
    public void Release(int count) => Volatile.Write(ref _head, _head + count);
}
