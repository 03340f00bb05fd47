using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Culvert.CapnProto.Framing;

namespace Culvert.CapnProto.Messages;

/// <summary>
/// Holds one received message and gives views of it; made once and used for message after message.
/// </summary>
/// <remarks>
/// Reading is strict: every pointer is checked against its segment, and the limits hold for the message as a whole. Views
/// (<see cref="PointerReader"/>, <see cref="StructReader"/>, <see cref="ListReader"/>, spans) borrow the bytes: they are valid
/// until the next <see cref="Open(ReadOnlyMemory{byte})"/>, <see cref="TryRead"/>, <see cref="Reset"/> or <see cref="Dispose"/>.
/// Not thread-safe, and neither are its views, because they share the traversal count.
/// In the steady state nothing is allocated: the bytes live in an array of the shared pool, which goes back with
/// <see cref="Reset"/>.
/// </remarks>
public sealed class MessageReader : IDisposable
{
    private readonly MessageLimits _limits;
    private byte[] _buffer = [];
    private bool _rented;
    private int[] _bounds = new int[2];
    private int _segments;
    private long _traversal;

    /// <summary>Makes a reader that holds no message yet and no buffer.</summary>
    /// <param name="limits">What it accepts; null for <see cref="MessageLimits.Default"/>.</param>
    public MessageReader(MessageLimits? limits = null) => _limits = limits ?? MessageLimits.Default;

    /// <summary>What this reader accepts.</summary>
    public MessageLimits Limits => _limits;

    /// <summary>The bytes of the message's segments, without the frame header; 0 when there is no message.</summary>
    public int ByteCount => _segments == 0 ? 0 : _bounds[_segments] - _bounds[0];

    /// <summary>The bytes of the message's segments; borrowed like the views.</summary>
    public ReadOnlyMemory<byte> Body => _segments == 0 ? default : _buffer.AsMemory(_bounds[0], ByteCount);

    /// <summary>The message's root pointer.</summary>
    /// <exception cref="CapnProtoException">The first segment is empty, or there is no message.</exception>
    public PointerReader Root => _segments > 0 && _bounds[1] - _bounds[0] >= sizeof(ulong)
        ? new PointerReader(this, 0, _bounds[0], _limits.Nesting)
        : throw new CapnProtoException("capnp: message without root");

    /// <summary>Opens an unpacked frame that lies in memory, without copying it.</summary>
    /// <param name="frame">Exactly one frame. The caller keeps it unchanged for as long as views of it are used.</param>
    /// <exception cref="CapnProtoException">It is not one whole frame, or exceeds a limit.</exception>
    public void Open(ReadOnlyMemory<byte> frame)
    {
        Reset();
        var header = FrameHeader.Parse(new ReadOnlySequence<byte>(frame), _limits);
        if (header.HeaderBytes == 0 || header.HeaderBytes + header.BodyBytes != frame.Length)
        {
            throw new CapnProtoException("capnp: the frame's size is not the message's");
        }

        var body = frame[header.HeaderBytes..];
        if (MemoryMarshal.TryGetArray(body, out var array))
        {
            _buffer = array.Array!;
            Adopt(frame.Span, array.Offset, header);
        }
        else
        {
            body.Span.CopyTo(Rent(header.BodyBytes));
            Adopt(frame.Span, 0, header);
        }
    }

    /// <summary>Takes one unpacked frame from the front of a sequence, copying its segments.</summary>
    /// <param name="buffer">Bytes as they came. On success it starts behind the frame; otherwise it is unchanged.</param>
    /// <returns>False when the frame is not complete yet; the reader then holds no message.</returns>
    /// <exception cref="CapnProtoException">The frame header exceeds a limit.</exception>
    public bool TryRead(ref ReadOnlySequence<byte> buffer)
    {
        Reset();
        var header = FrameHeader.Parse(buffer, _limits);
        if (header.HeaderBytes == 0 || buffer.Length < header.HeaderBytes + header.BodyBytes)
        {
            return false;
        }

        var body = buffer.Slice(header.HeaderBytes, header.BodyBytes);
        body.CopyTo(Rent(header.BodyBytes));
        if (header.SegmentCount == 1)
        {
            Adopt([], 0, header);
        }
        else
        {
            Span<byte> table = stackalloc byte[FrameHeader.LargestBytes];
            buffer.Slice(0, header.HeaderBytes).CopyTo(table);
            Adopt(table, 0, header);
        }

        buffer = buffer.Slice(body.End);
        return true;
    }

    /// <summary>
    /// Stops counting against <see cref="MessageLimits.TraversalBytes"/> for this message: for one whose every part was visited
    /// once within the limit, so that visiting it again cannot fail.
    /// </summary>
    public void LiftTraversalLimit() => _traversal = long.MaxValue;

    /// <summary>Forgets the message and gives its buffer back to the pool. The reader can be used again.</summary>
    public void Reset()
    {
        if (_rented)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _rented = false;
        }

        _buffer = [];
        _segments = 0;
    }

    /// <summary>The same as <see cref="Reset"/>; a reader that is simply dropped costs the pool one array.</summary>
    public void Dispose() => Reset();

    /// <summary>Gives a buffer for a body that is written in place, to be followed by <see cref="Adopt"/>.</summary>
    internal Span<byte> Rent(int bytes)
    {
        _buffer = ArrayPool<byte>.Shared.Rent(bytes);
        _rented = true;
        return _buffer.AsSpan(0, bytes);
    }

    /// <summary>Starts reading the body that is in the buffer from <paramref name="start"/> on.</summary>
    /// <param name="table">The frame header; may be empty when there is one segment.</param>
    /// <param name="start">Where in the buffer the first segment begins.</param>
    /// <param name="header">What the frame header says.</param>
    internal void Adopt(ReadOnlySpan<byte> table, int start, FrameHeader header)
    {
        if (_bounds.Length <= header.SegmentCount)
        {
            _bounds = new int[header.SegmentCount + 1];
        }

        _bounds[0] = start;
        _bounds[header.SegmentCount] = start + header.BodyBytes;
        for (var i = 1; i < header.SegmentCount; i++)
        {
            _bounds[i] = _bounds[i - 1] + (FrameHeader.SegmentWords(table, i - 1) * sizeof(ulong));
        }

        _segments = header.SegmentCount;
        _traversal = _limits.TraversalBytes;
    }

    internal ReadOnlySpan<byte> Bytes(int position, int count) => _buffer.AsSpan(position, count);

    internal PointerWord WordAt(int position) =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(_buffer.AsSpan(position, sizeof(ulong))));

    /// <summary>Checks that an object lies in its segment and counts it; the answer is its place in the buffer.</summary>
    internal int Claim(int segment, long position, long bytes, long cost)
    {
        if (position < _bounds[segment] || position + bytes > _bounds[segment + 1])
        {
            throw new CapnProtoException("capnp: pointer out of its segment");
        }

        _traversal -= Math.Max(cost, sizeof(ulong));
        return _traversal >= 0 ? (int)position : throw new CapnProtoException("capnp: read traversal limit reached");
    }

    /// <summary>Follows far pointers, so that what remains is a struct, list or capability and the place of its target.</summary>
    internal ResolvedPointer Resolve(int segment, int position)
    {
        var word = WordAt(position);
        if (word.Kind != PointerKind.Far)
        {
            return new ResolvedPointer(word, segment, position + sizeof(ulong) + (word.Offset * (long)sizeof(ulong)));
        }

        var (padSegment, pad) = LandingPad(word, word.IsDoubleFar ? 2 : 1);
        var first = WordAt(pad);
        if (!word.IsDoubleFar)
        {
            return first.Kind != PointerKind.Far
                ? new ResolvedPointer(first, padSegment, pad + sizeof(ulong) + (first.Offset * (long)sizeof(ulong)))
                : throw new CapnProtoException("capnp: far pointer to a far pointer");
        }

        var tag = WordAt(pad + sizeof(ulong));
        if (first.Kind != PointerKind.Far || first.IsDoubleFar || tag.Offset != 0 || tag.Kind > PointerKind.List)
        {
            throw new CapnProtoException("capnp: bad landing pad of a double-far pointer");
        }

        var (targetSegment, target) = LandingPad(first, 0);
        return new ResolvedPointer(tag, targetSegment, target);
    }

    private (int Segment, int Position) LandingPad(PointerWord far, int words)
    {
        if (far.Segment >= (uint)_segments)
        {
            throw new CapnProtoException("capnp: far pointer to an unknown segment");
        }

        var segment = (int)far.Segment;
        var bytes = words * sizeof(ulong);
        return (segment, Claim(segment, _bounds[segment] + (far.PadOffset * (long)sizeof(ulong)), bytes, bytes));
    }
}

/// <summary>A pointer without its far hops.</summary>
/// <param name="Word">A struct, list or capability pointer, or null; its offset has no meaning any more.</param>
/// <param name="Segment">The segment that has to hold the target.</param>
/// <param name="Target">Where the target begins; not checked yet.</param>
internal readonly record struct ResolvedPointer(PointerWord Word, int Segment, long Target);
