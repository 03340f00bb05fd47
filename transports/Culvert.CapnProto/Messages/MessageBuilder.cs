using System.Buffers;
using System.Buffers.Binary;

namespace Culvert.CapnProto.Messages;

/// <summary>
/// Builds one message in one segment; made once and used for message after message.
/// </summary>
/// <remarks>
/// Objects are laid out in the order in which they are initialised, so a caller that follows a known order gets known bytes.
/// An object that is replaced stays in the message as dead space. The segment is an array of the shared pool that doubles when
/// it is full and goes back with <see cref="Dispose"/>. Builders and spans that were handed out are valid until
/// <see cref="Reset"/> or <see cref="Dispose"/>. Not thread-safe.
/// </remarks>
public sealed class MessageBuilder : IDisposable
{
    private const int HeaderBytes = 8;
    private const int FirstRent = 1024;

    private readonly int _limit;
    private byte[] _buffer = [];
    private int _end;

    /// <summary>Makes a builder of an empty message; it holds no buffer yet.</summary>
    /// <param name="limit">The largest message in bytes with the frame header; 16 to 64 MiB.</param>
    public MessageBuilder(int limit = MessageLimits.LargestMessage)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 16);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MessageLimits.LargestMessage);
        _limit = limit;
    }

    /// <summary>The root pointer, which is where building starts.</summary>
    public PointerBuilder Root
    {
        get
        {
            Start();
            return new PointerBuilder(this, HeaderBytes);
        }
    }

    /// <summary>
    /// The message as one unpacked frame: header and segment in one piece, borrowed until the message is changed or reset.
    /// </summary>
    public ReadOnlyMemory<byte> Frame
    {
        get
        {
            Start();
            BinaryPrimitives.WriteUInt64LittleEndian(_buffer, (ulong)((_end - HeaderBytes) / sizeof(ulong)) << 32);
            return _buffer.AsMemory(0, _end);
        }
    }

    /// <summary>Starts the next message in the same buffer.</summary>
    public void Reset() => _end = 0;

    /// <summary>Gives the buffer back to the pool. The builder can be used again and then rents another.</summary>
    public void Dispose()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }

        _end = 0;
    }

    /// <summary>Takes zeroed words at the end of the segment; the answer is their place in the buffer.</summary>
    internal int Allocate(long words)
    {
        var end = _end + (words * sizeof(ulong));
        if (end > _limit)
        {
            throw new CapnProtoException("capnp: message too large");
        }

        if (end > _buffer.Length)
        {
            Grow((int)end);
        }

        var position = _end;
        _end = (int)end;
        _buffer.AsSpan(position, _end - position).Clear();
        return position;
    }

    internal Span<byte> Bytes(int position, int count) => _buffer.AsSpan(position, count);

    internal ulong WordAt(int position) => BinaryPrimitives.ReadUInt64LittleEndian(_buffer.AsSpan(position, sizeof(ulong)));

    internal void SetWord(int position, PointerWord word) =>
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer.AsSpan(position, sizeof(ulong)), word.Bits);

    private void Start()
    {
        if (_end == 0)
        {
            Allocate(1 + (HeaderBytes / sizeof(ulong)));
        }
    }

    private void Grow(int bytes)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(bytes, Math.Max(FirstRent, _buffer.Length * 2)));
        _buffer.AsSpan(0, _end).CopyTo(larger);
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = larger;
    }
}
