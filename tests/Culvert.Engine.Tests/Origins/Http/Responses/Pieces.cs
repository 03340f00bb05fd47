using System.Buffers;
using System.Text;

namespace Culvert.Engine.Tests.Origins.Http.Responses;

/// <summary>Bytes as a network may deliver them.</summary>
internal static class Pieces
{
    /// <summary>A sequence of two segments.</summary>
    public static ReadOnlySequence<byte> Of(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second)
    {
        var head = new Segment(first, 0);
        var tail = new Segment(second, first.Length);
        head.Link(tail);
        return new ReadOnlySequence<byte>(head, 0, tail, second.Length);
    }

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        public void Link(Segment next) => Next = next;
    }
}
