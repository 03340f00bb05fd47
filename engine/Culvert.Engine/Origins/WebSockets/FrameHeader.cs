using System.Buffers;
using System.Buffers.Binary;

namespace Culvert.Engine.Origins.WebSockets;

/// <summary>The header of one WebSocket frame (RFC 6455, section 5.2). A value.</summary>
/// <param name="Opcode">What the frame is.</param>
/// <param name="Final">Whether it ends its message.</param>
/// <param name="Mask">The masking key as the four bytes lie in memory.</param>
/// <param name="Length">Bytes of payload that follow.</param>
internal readonly record struct FrameHeader(Opcode Opcode, bool Final, uint Mask, long Length)
{
    /// <summary>Largest header that a server writes in bytes.</summary>
    public const int MaxServerBytes = 10;

    /// <summary>Largest payload of a control frame in bytes.</summary>
    public const int MaxControlBytes = 125;

    private const int MaxClientBytes = 14;

    /// <summary>Whether the frame stands between those of messages.</summary>
    public bool IsControl => Opcode >= Opcode.Close;

    /// <summary>Reads the header of a frame of a client.</summary>
    /// <param name="bytes">What follows the frame before.</param>
    /// <param name="header">The header when it is complete.</param>
    /// <param name="size">Its size in bytes.</param>
    /// <returns>False when more bytes are needed.</returns>
    /// <exception cref="WebSocketFormatException">No client may send this.</exception>
    public static bool TryRead(in ReadOnlySequence<byte> bytes, out FrameHeader header, out int size)
    {
        (header, size) = (default, 0);
        Span<byte> copy = stackalloc byte[MaxClientBytes];
        var available = (int)Math.Min(bytes.Length, MaxClientBytes);
        bytes.Slice(0, available).CopyTo(copy);
        if (available > 0)
        {
            ThrowUnlessKnown(copy[0]);
        }

        if (available < 2)
        {
            return false;
        }

        var opcode = (Opcode)(copy[0] & 0xF);
        var final = (copy[0] & 0x80) != 0;
        var first = copy[1] & 0x7F;
        ThrowUnlessAllowed(opcode, final, masked: (copy[1] & 0x80) != 0, first);
        var lengthBytes = first switch { 126 => 2, 127 => 8, _ => 0 };
        size = 2 + lengthBytes + sizeof(uint);
        if (available < size)
        {
            return false;
        }

        var length = first switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(copy[2..]),
            127 => BinaryPrimitives.ReadInt64BigEndian(copy[2..]),
            _ => first,
        };
        ThrowUnlessShortest(first, length);
        header = new FrameHeader(opcode, final, BitConverter.ToUInt32(copy[(2 + lengthBytes)..]), length);
        return true;
    }

    /// <summary>Writes the header of a frame of a server: final and without a mask.</summary>
    /// <param name="destination">At least <see cref="MaxServerBytes"/>.</param>
    /// <param name="opcode">What the frame is.</param>
    /// <param name="length">Bytes of payload that follow.</param>
    /// <returns>Bytes written.</returns>
    public static int Write(Span<byte> destination, Opcode opcode, int length)
    {
        destination[0] = (byte)(0x80 | (byte)opcode);
        if (length <= MaxControlBytes)
        {
            destination[1] = (byte)length;
            return 2;
        }

        if (length <= ushort.MaxValue)
        {
            destination[1] = 126;
            BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)length);
            return 4;
        }

        destination[1] = 127;
        BinaryPrimitives.WriteInt64BigEndian(destination[2..], length);
        return MaxServerBytes;
    }

    private static void ThrowUnlessKnown(byte first)
    {
        if ((first & 0x70) != 0)
        {
            throw new WebSocketFormatException("a frame has reserved bits set");
        }

        if ((first & 0xF) is > (byte)Opcode.Binary and < (byte)Opcode.Close or > (byte)Opcode.Pong)
        {
            throw new WebSocketFormatException("a frame has an unknown opcode");
        }
    }

    private static void ThrowUnlessAllowed(Opcode opcode, bool final, bool masked, int length)
    {
        if (!masked)
        {
            throw new WebSocketFormatException("a frame of a client is not masked");
        }

        if (opcode >= Opcode.Close && (!final || length > MaxControlBytes))
        {
            throw new WebSocketFormatException("a control frame is fragmented or too long");
        }
    }

    private static void ThrowUnlessShortest(int first, long length)
    {
        if (length < 0 || (first == 126 && length <= MaxControlBytes) || (first == 127 && length <= ushort.MaxValue))
        {
            throw new WebSocketFormatException("a frame has an invalid length");
        }
    }
}
