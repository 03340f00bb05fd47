namespace Culvert.Engine.Datagrams.V3;

/// <summary>An IP packet with an ICMP message behind a type byte (datagrams, section 4.5).</summary>
public static class IcmpDatagram
{
    /// <summary>Bytes before the packet.</summary>
    public const int HeaderLength = 1;

    /// <summary>Finds the packet, 1 to 1280 bytes, which is borrowed from the datagram and not looked into.</summary>
    public static DatagramFault Read(ReadOnlySpan<byte> datagram, out ReadOnlySpan<byte> packet)
    {
        packet = default;
        if (datagram.IsEmpty)
            return DatagramFault.Empty;
        if (datagram[0] != (byte)DatagramType.Icmp)
            return DatagramFault.WrongType;
        if (datagram.Length == HeaderLength)
            return DatagramFault.PacketMissing;
        if (datagram.Length > HeaderLength + DatagramSizes.MaxPacket)
            return DatagramFault.PacketTooLarge;
        packet = datagram[HeaderLength..];
        return DatagramFault.None;
    }

    /// <summary>Writes a packet behind its type byte.</summary>
    /// <returns>The bytes written.</returns>
    /// <exception cref="ArgumentException">The packet has not 1 to 1280 bytes, or the destination is too short.</exception>
    public static int Write(Span<byte> destination, ReadOnlySpan<byte> packet)
    {
        if (packet.Length is 0 or > DatagramSizes.MaxPacket)
            throw new ArgumentException($"A packet has 1 to 1280 bytes, not {packet.Length}.", nameof(packet));
        packet.CopyTo(destination[HeaderLength..]);
        destination[0] = (byte)DatagramType.Icmp;
        return HeaderLength + packet.Length;
    }
}
