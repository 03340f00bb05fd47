using System.Buffers;
using System.Buffers.Binary;
using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Framing;

/// <summary>
/// What the head of an unpacked frame says: number of segments minus one, the words of each segment, padding to 8 bytes
/// ("Encoding", Serialization Over a Stream).
/// </summary>
/// <param name="SegmentCount">Number of segments, 1 to <see cref="MessageLimits.LargestSegmentCount"/>.</param>
/// <param name="HeaderBytes">Size of the header; 0 when not all of it is there yet.</param>
/// <param name="BodyBytes">Size of all segments together.</param>
internal readonly record struct FrameHeader(int SegmentCount, int HeaderBytes, int BodyBytes)
{
    /// <summary>The largest header that is ever accepted, in bytes.</summary>
    public const int LargestBytes = (sizeof(uint) * (1 + MessageLimits.LargestSegmentCount) + 7) & ~7;

    /// <summary>The words of one segment, from a whole header that was accepted.</summary>
    public static int SegmentWords(ReadOnlySpan<byte> header, int segment) =>
        BinaryPrimitives.ReadInt32LittleEndian(header[((segment + 1) * sizeof(uint))..]);

    /// <summary>Reads the header at the front of a sequence.</summary>
    /// <exception cref="CapnProtoException">Too many segments, or too large a message.</exception>
    public static FrameHeader Parse(in ReadOnlySequence<byte> buffer, MessageLimits limits)
    {
        if (buffer.FirstSpan.Length >= LargestBytes || buffer.IsSingleSegment)
        {
            return Parse(buffer.FirstSpan, limits);
        }

        Span<byte> copy = stackalloc byte[LargestBytes];
        var front = buffer.Slice(0, Math.Min(buffer.Length, LargestBytes));
        front.CopyTo(copy);
        return Parse(copy[..(int)front.Length], limits);
    }

    /// <summary>Reads the header at the front of a span.</summary>
    /// <exception cref="CapnProtoException">Too many segments, or too large a message.</exception>
    public static FrameHeader Parse(ReadOnlySpan<byte> buffer, MessageLimits limits)
    {
        if (buffer.Length < sizeof(uint))
        {
            return default;
        }

        var last = BinaryPrimitives.ReadUInt32LittleEndian(buffer);
        if (last >= MessageLimits.LargestSegmentCount)
        {
            throw new CapnProtoException("capnp: too many segments to decode");
        }

        var count = (int)last + 1;
        var header = ((sizeof(uint) * (1 + count)) + 7) & ~7;
        long bytes = header;
        for (var i = 0; i < count && (i + 2) * sizeof(uint) <= buffer.Length; i++)
        {
            bytes += BinaryPrimitives.ReadUInt32LittleEndian(buffer[((i + 1) * sizeof(uint))..]) * (long)sizeof(ulong);
        }

        if (bytes > limits.MessageBytes)
        {
            throw new CapnProtoException("capnp: message too large");
        }

        return buffer.Length < header ? default : new FrameHeader(count, header, (int)(bytes - header));
    }
}
