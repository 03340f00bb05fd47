using System.Buffers.Binary;

namespace Culvert.Engine.Datagrams.V3;

/// <summary>
/// A UDP payload of a flow: type, request id, payload (datagrams, section 4.3). Borrows the bytes it was read from.
/// </summary>
public readonly ref struct PayloadDatagram
{
    /// <summary>Bytes before the payload.</summary>
    public const int HeaderLength = 1 + DatagramSizes.RequestId;

    /// <summary>Bytes of the longest one.</summary>
    public const int MaxLength = HeaderLength + DatagramSizes.MaxPayload;

    private PayloadDatagram(ReadOnlySpan<byte> datagram)
    {
        RequestId = BinaryPrimitives.ReadUInt128BigEndian(datagram[1..]);
        Payload = datagram[HeaderLength..];
    }

    /// <summary>The flow.</summary>
    public UInt128 RequestId { get; }

    /// <summary>0 to 1280 bytes.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>Reads a datagram of 17 to 1297 bytes.</summary>
    public static DatagramFault Read(ReadOnlySpan<byte> datagram, out PayloadDatagram payload)
    {
        payload = default;
        if (datagram.IsEmpty)
            return DatagramFault.Empty;
        if (datagram[0] != (byte)DatagramType.Payload)
            return DatagramFault.WrongType;
        if (datagram.Length is < HeaderLength or > MaxLength)
            return DatagramFault.InvalidSize;
        payload = new PayloadDatagram(datagram);
        return DatagramFault.None;
    }

    /// <summary>Writes the 17 bytes that stand before a payload.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The destination is shorter than that.</exception>
    public static void WriteHeader(Span<byte> destination, UInt128 requestId)
    {
        BinaryPrimitives.WriteUInt128BigEndian(destination[1..], requestId);
        destination[0] = (byte)DatagramType.Payload;
    }
}
