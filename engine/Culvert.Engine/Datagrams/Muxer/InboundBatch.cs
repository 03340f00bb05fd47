using System.Runtime.InteropServices;

namespace Culvert.Engine.Datagrams.Muxer;

/// <summary>
/// Copies of what one batch of a connection's packets brought, one behind the other, until they are sent to their origins: always
/// the same memory, taken once. One thread's.
/// </summary>
/// <param name="slots">Datagrams it holds.</param>
internal sealed unsafe class InboundBatch(int slots) : IDisposable
{
    /// <summary>Bytes of the longest datagram it takes; longer ones are of no type there is.</summary>
    public const int MaxDatagram = 1464;

    private const int Alignment = 8;

    private readonly int[] _lengths = new int[slots];

    // Not cleared: pages that no datagram has touched cost no memory.
    private readonly byte*[] _starts = new byte*[slots];
    private byte* _memory = (byte*)NativeMemory.AlignedAlloc((nuint)slots * MaxDatagram, 64);
    private int _used;

    public int Count { get; private set; }

    public bool IsFull => Count == slots;

    /// <summary>Adds a datagram that is not too long, while there is room.</summary>
    public void Add(ReadOnlySpan<byte> datagram)
    {
        var start = _memory + _used;
        datagram.CopyTo(new Span<byte>(start, datagram.Length));
        _starts[Count] = start;
        _lengths[Count++] = datagram.Length;
        _used += (datagram.Length + Alignment - 1) & -Alignment;
    }

    /// <summary>A datagram in place, until the batch is cleared.</summary>
    public byte* Peek(int index, out int length)
    {
        length = _lengths[index];
        return _starts[index];
    }

    public void Clear() => _used = Count = 0;

    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }
}
