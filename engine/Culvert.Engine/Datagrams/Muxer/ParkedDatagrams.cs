using System.Runtime.InteropServices;
using Culvert.Engine.Datagrams.V3;
using Culvert.Transports.Native;

namespace Culvert.Engine.Datagrams.Muxer;

/// <summary>
/// Copies of datagrams that an origin's socket would not take, in order for each flow: places of one size for all flows of a
/// connection, taken once. A flow has at most 512; past that, or when no place is free, the newest is not kept. One thread's.
/// </summary>
internal sealed unsafe class ParkedDatagrams : IDisposable
{
    /// <summary>Most places of one flow (datagrams, section 2.4).</summary>
    public const int MaxPerFlow = 512;

    private readonly int[] _next;
    private readonly int[] _lengths;
    private int _free;
    private byte* _memory;

    public ParkedDatagrams(int places)
    {
        _next = new int[places];
        _lengths = new int[places];
        for (var i = 0; i < places; i++)
            _next[i] = i + 1;
        _next[^1] = -1;
    }

    public int Count { get; private set; }

    public bool TryPark(Flow flow, void* payload, int length)
    {
        if (_free < 0 || flow.ParkedCount == MaxPerFlow)
            return false;
        if (_memory is null)
            _memory = (byte*)NativeMemory.Alloc((nuint)_next.Length, DatagramSizes.MaxPayload);
        var place = _free;
        _free = _next[place];
        _next[place] = -1;
        _lengths[place] = length;
        Buffer.MemoryCopy(payload, At(place), DatagramSizes.MaxPayload, length);
        if (flow.ParkedCount++ == 0)
            flow.ParkedHead = place;
        else
            _next[flow.ParkedTail] = place;
        flow.ParkedTail = place;
        Count++;
        return true;
    }

    /// <summary>Describes the oldest of a flow, which stay where they are.</summary>
    /// <returns>How many.</returns>
    public int Describe(Flow flow, iovec* vectors, int most)
    {
        var count = 0;
        for (var place = flow.ParkedHead; place >= 0 && count < most; place = _next[place])
            vectors[count++] = new iovec { iov_base = At(place), iov_len = (nuint)_lengths[place] };
        return count;
    }

    /// <summary>Forgets the oldest of a flow.</summary>
    public void Drop(Flow flow, int count)
    {
        for (; count > 0; count--)
        {
            var place = flow.ParkedHead;
            flow.ParkedHead = _next[place];
            _next[place] = _free;
            _free = place;
            flow.ParkedCount--;
            Count--;
        }
    }

    public void Dispose()
    {
        NativeMemory.Free(_memory);
        _memory = null;
    }

    private byte* At(int place) => _memory + ((nint)place * DatagramSizes.MaxPayload);
}
