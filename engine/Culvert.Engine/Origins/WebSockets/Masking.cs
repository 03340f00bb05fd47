using System.Numerics;
using System.Runtime.InteropServices;

namespace Culvert.Engine.Origins.WebSockets;

/// <summary>The masking of clients' frames (RFC 6455, section 5.3). Pure.</summary>
internal static class Masking
{
    /// <summary>Copies bytes with the mask taken off, or put on.</summary>
    /// <param name="source">Payload bytes.</param>
    /// <param name="destination">At least as long.</param>
    /// <param name="mask">The key as its bytes lie in memory.</param>
    /// <param name="position">Position of the first byte in the frame's payload.</param>
    public static void Apply(ReadOnlySpan<byte> source, Span<byte> destination, uint mask, long position)
    {
        // Turned so that its first byte belongs to the first byte of the source.
        var shift = (int)(position & 3) * 8;
        var key = BitConverter.IsLittleEndian ? BitOperations.RotateRight(mask, shift) : BitOperations.RotateLeft(mask, shift);
        var done = 0;
        if (Vector.IsHardwareAccelerated && source.Length >= Vector<byte>.Count)
        {
            var keys = Vector.AsVectorByte(new Vector<uint>(key));
            for (; source.Length - done >= Vector<byte>.Count; done += Vector<byte>.Count)
            {
                (new Vector<byte>(source[done..]) ^ keys).CopyTo(destination[done..]);
            }
        }

        var bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in key));
        for (; done < source.Length; done++)
        {
            destination[done] = (byte)(source[done] ^ bytes[done & 3]);
        }
    }
}
