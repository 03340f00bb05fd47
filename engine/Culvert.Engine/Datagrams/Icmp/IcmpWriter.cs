using System.Buffers.Binary;

namespace Culvert.Engine.Datagrams.Icmp;

/// <summary>
/// Writes the packets that go back to the edge (datagrams, sections 7.3 and 7.4), and an edge's own to its clients.
/// </summary>
internal static class IcmpWriter
{
    private const int HeaderV4 = 20;
    private const int HeaderV6 = 40;
    private const byte TimeToLive = 255;
    private const int MaxPacketV4 = 576;
    private const int MaxPacketV6 = 1280;

    private const byte UdpProtocol = 17;
    private const int UdpHeader = 8;

    // What a sender put there is not known; this is what most do.
    private const byte QuotedTimeToLive = 64;

    /// <summary>Bytes of the longest packet of <see cref="WritePortUnreachable"/>.</summary>
    public const int MaxUnreachable = (2 * HeaderV6) + IcmpPacket.EchoHeader + UdpHeader;

    /// <summary>Bytes that stand before a message of the family.</summary>
    public static int HeaderLength(bool isV6) => isV6 ? HeaderV6 : HeaderV4;

    /// <summary>Writes the IP header before a message that stands behind its place, and the message's checksum into it.</summary>
    /// <param name="packet">The whole packet, whose message is there but for its checksum.</param>
    /// <param name="source">4 or 16 bytes.</param>
    /// <param name="destination">As many.</param>
    public static void Finish(Span<byte> packet, ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination)
    {
        var isV6 = source.Length == 16;
        var message = packet[HeaderLength(isV6)..];
        packet[..HeaderLength(isV6)].Clear();
        message[2..4].Clear();
        if (isV6)
        {
            packet[0] = 0x60;
            BinaryPrimitives.WriteUInt16BigEndian(packet[4..], (ushort)message.Length);
            packet[6] = 58;
            packet[7] = TimeToLive;
            source.CopyTo(packet[8..]);
            destination.CopyTo(packet[24..]);
            var pseudo = Sum(packet[8..HeaderV6], (uint)message.Length + 58);
            BinaryPrimitives.WriteUInt16BigEndian(message[2..], Checksum(Sum(message, pseudo)));
            return;
        }
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)packet.Length);
        packet[8] = TimeToLive;
        packet[9] = 1;
        source.CopyTo(packet[12..]);
        destination.CopyTo(packet[16..]);
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], Checksum(Sum(packet[..HeaderV4], 0)));
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], Checksum(Sum(message, 0)));
    }

    /// <summary>Writes a Time Exceeded that quotes a packet.</summary>
    /// <param name="destination">At least 1280 bytes.</param>
    /// <param name="source">Whose it is; 4 or 16 bytes like the quoted packet's.</param>
    /// <param name="quoted">The packet that may go no further.</param>
    /// <returns>Bytes of the packet.</returns>
    public static int WriteTimeExceeded(Span<byte> destination, ReadOnlySpan<byte> source, in IcmpPacket quoted)
    {
        var header = HeaderLength(quoted.IsV6) + IcmpPacket.EchoHeader;
        var quote = quoted.Packet[..Math.Min(quoted.Packet.Length, (quoted.IsV6 ? MaxPacketV6 : MaxPacketV4) - header)];
        destination[..header].Clear();
        destination[HeaderLength(quoted.IsV6)] = (byte)(quoted.IsV6 ? 3 : 11);
        quote.CopyTo(destination[header..]);
        Finish(destination[..(header + quote.Length)], source, quoted.Source);
        return header + quote.Length;
    }

    /// <summary>
    /// Writes that a UDP port is closed, about a datagram of which only addresses, ports and length are known: RFC 792, type 3
    /// code 3, RFC 4443, type 1 code 4. The quoted headers are as the sender's but for what nobody looks at: identification, TTL,
    /// checksum.
    /// </summary>
    /// <param name="destination">At least <see cref="MaxUnreachable"/> bytes.</param>
    /// <param name="server">Where the datagram was sent to, and where this comes from; 4 or 16 bytes.</param>
    /// <param name="serverPort">The closed port.</param>
    /// <param name="client">Who sent it; as many bytes.</param>
    /// <param name="clientPort">From which port.</param>
    /// <param name="payload">Bytes of the datagram's payload.</param>
    /// <returns>Bytes of the packet.</returns>
    public static int WritePortUnreachable(
        Span<byte> destination, ReadOnlySpan<byte> server, ushort serverPort, ReadOnlySpan<byte> client, ushort clientPort,
        int payload)
    {
        var isV6 = server.Length == 16;
        var header = HeaderLength(isV6);
        var packet = destination[..(header + IcmpPacket.EchoHeader + header + UdpHeader)];
        packet.Clear();
        (packet[header], packet[header + 1]) = isV6 ? ((byte)1, (byte)4) : ((byte)3, (byte)3);
        var quote = packet[(header + IcmpPacket.EchoHeader)..];
        var udp = quote[header..];
        BinaryPrimitives.WriteUInt16BigEndian(udp, clientPort);
        BinaryPrimitives.WriteUInt16BigEndian(udp[2..], serverPort);
        BinaryPrimitives.WriteUInt16BigEndian(udp[4..], (ushort)(UdpHeader + payload));
        if (isV6)
        {
            quote[0] = 0x60;
            BinaryPrimitives.WriteUInt16BigEndian(quote[4..], (ushort)(UdpHeader + payload));
            (quote[6], quote[7]) = (UdpProtocol, QuotedTimeToLive);
            client.CopyTo(quote[8..]);
            server.CopyTo(quote[24..]);
        }
        else
        {
            quote[0] = 0x45;
            BinaryPrimitives.WriteUInt16BigEndian(quote[2..], (ushort)(HeaderV4 + UdpHeader + payload));
            (quote[8], quote[9]) = (QuotedTimeToLive, UdpProtocol);
            client.CopyTo(quote[12..]);
            server.CopyTo(quote[16..]);
            BinaryPrimitives.WriteUInt16BigEndian(quote[10..], Checksum(Sum(quote[..HeaderV4], 0)));
        }
        Finish(packet, server, client);
        return packet.Length;
    }

    private static uint Sum(ReadOnlySpan<byte> bytes, uint sum)
    {
        for (; bytes.Length >= 2; bytes = bytes[2..])
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes);
        return bytes.IsEmpty ? sum : sum + ((uint)bytes[0] << 8);
    }

    private static ushort Checksum(uint sum)
    {
        while (sum > ushort.MaxValue)
            sum = (sum & ushort.MaxValue) + (sum >> 16);
        return (ushort)~sum;
    }
}
