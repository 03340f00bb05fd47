using System.Buffers;
using System.Runtime.InteropServices;

namespace Culvert.Transports.Quic.Streams;

/// <summary>A piece of pinned memory: its address is good for native code as long as the block is rented.</summary>
internal sealed unsafe class Block : ReadOnlySequenceSegment<byte>
{
    /// <summary>Bytes of a pooled block.</summary>
    public const int PooledSize = 16 * 1024;

    public Block(byte[] pinned, int offset, int size)
    {
        Memory = new Memory<byte>(pinned, offset, size);
        Address = (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(pinned, offset);
        Size = size;
    }

    public byte* Address { get; }

    public int Size { get; }

    /// <summary>Bytes written so far.</summary>
    public int Used { get; set; }

    public int Room => Size - Used;

    public Memory<byte> Free => MemoryMarshal.AsMemory(Memory)[Used..];

    /// <summary>Position in the stream of the block's first byte.</summary>
    public long Start => RunningIndex;

    /// <summary>Position in the stream after the last byte written.</summary>
    public long End => RunningIndex + Used;

    public Block? NextBlock
    {
        get
        {
            var next = (Block?)Next;
            // Another thread appends: who sees the next block must see this one's final size too.
            Volatile.ReadBarrier();
            return next;
        }
    }

    /// <summary>Prepares a rented block to hold a stream's bytes from an offset on.</summary>
    public void Begin(long offset)
    {
        RunningIndex = offset;
        Used = 0;
        Next = null;
    }

    public void Append(Block next)
    {
        Volatile.WriteBarrier();
        Next = next;
    }
}
