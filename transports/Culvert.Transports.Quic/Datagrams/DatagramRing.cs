namespace Culvert.Transports.Quic.Datagrams;

/// <summary>
/// A bounded ring of datagrams of any size in one pinned block of bytes: one producer at a time, one consumer, no lock. When
/// it is full the newest is dropped and counted. The memory is taken at the first datagram.
/// </summary>
internal sealed unsafe class DatagramRing(int capacity)
{
    private const int Prefix = sizeof(int);
    private const int SkipToStart = -1;

    private byte[]? _memory;
    private byte* _start;
    private long _tail;
    private long _dropped;
    private long _head;

    public bool IsEmpty => Volatile.Read(ref _tail) == Volatile.Read(ref _head);

    public long Dropped => Volatile.Read(ref _dropped);

    public bool TryWrite(ReadOnlySpan<byte> payload)
    {
        if (_memory is null)
            Allocate();
        var need = (Prefix + payload.Length + 7) & ~7;
        var at = (int)(_tail & (capacity - 1));
        var skip = capacity - at < need ? capacity - at : 0;
        if (_tail + skip + need - Volatile.Read(ref _head) > capacity)
        {
            Volatile.Write(ref _dropped, _dropped + 1);
            return false;
        }
        if (skip > 0)
        {
            *(int*)(_start + at) = SkipToStart;
            at = 0;
        }
        *(int*)(_start + at) = payload.Length;
        payload.CopyTo(new Span<byte>(_start + at + Prefix, payload.Length));
        Volatile.Write(ref _tail, _tail + skip + need);
        return true;
    }

    /// <summary>The oldest datagram, in place, until <see cref="Pop"/>. The consumer's.</summary>
    public bool TryPeek(out byte* data, out int length)
    {
        data = null;
        length = 0;
        if (Volatile.Read(ref _tail) == _head)
            return false;
        var at = (int)(_head & (capacity - 1));
        if (*(int*)(_start + at) == SkipToStart)
        {
            Volatile.Write(ref _head, _head + capacity - at);
            at = 0;
        }
        length = *(int*)(_start + at);
        data = _start + at + Prefix;
        return true;
    }

    public void Pop()
    {
        var at = (int)(_head & (capacity - 1));
        Volatile.Write(ref _head, _head + ((Prefix + *(int*)(_start + at) + 7) & ~7));
    }

    private void Allocate()
    {
        var memory = GC.AllocateUninitializedArray<byte>(capacity, pinned: true);
        _start = (byte*)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(memory, 0);
        _memory = memory;
    }
}
