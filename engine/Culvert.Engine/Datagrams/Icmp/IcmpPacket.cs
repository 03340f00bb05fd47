using System.Buffers.Binary;

namespace Culvert.Engine.Datagrams.Icmp;

/// <summary>
/// An IP packet with an ICMP message, as an edge sends it (datagrams, section 7.2). Borrows the bytes it was read from. Checksums
/// are not looked at: they are made anew for whatever is sent on.
/// </summary>
internal readonly ref struct IcmpPacket
{
    private const int HeaderV4 = 20;
    private const int HeaderV6 = 40;
    private const byte ProtocolV4 = 1;
    private const byte ProtocolV6 = 58;
    private const byte HopByHop = 0;

    /// <summary>Bytes of an echo message before its data.</summary>
    public const int EchoHeader = 8;

    private IcmpPacket(
        ReadOnlySpan<byte> packet, ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination, byte timeToLive,
        ReadOnlySpan<byte> message)
    {
        Packet = packet;
        Source = source;
        Destination = destination;
        TimeToLive = timeToLive;
        Message = message;
    }

    /// <summary>The whole packet, without what stood behind its end.</summary>
    public ReadOnlySpan<byte> Packet { get; }

    /// <summary>4 or 16 bytes.</summary>
    public ReadOnlySpan<byte> Source { get; }

    /// <summary>4 or 16 bytes.</summary>
    public ReadOnlySpan<byte> Destination { get; }

    /// <summary>Time to live, or hop limit.</summary>
    public byte TimeToLive { get; }

    /// <summary>The ICMP message: at least 8 bytes of IPv4's, at least 4 of IPv6's.</summary>
    public ReadOnlySpan<byte> Message { get; }

    /// <summary>Whether it is of IPv6.</summary>
    public bool IsV6 => Source.Length == 16;

    /// <summary>Type of the message.</summary>
    public byte Type => Message[0];

    /// <summary>Whether it asks for an echo.</summary>
    public bool IsEchoRequest => Type == (IsV6 ? 128 : 8);

    /// <summary>Id of an echo message.</summary>
    public ushort EchoId => BinaryPrimitives.ReadUInt16BigEndian(Message[4..]);

    /// <summary>Sequence number of an echo message.</summary>
    public ushort EchoSequence => BinaryPrimitives.ReadUInt16BigEndian(Message[6..]);

    /// <summary>Reads a packet.</summary>
    /// <returns>What is wrong with it, in the original's words, or null.</returns>
    public static string? Read(ReadOnlySpan<byte> bytes, out IcmpPacket packet)
    {
        packet = default;
        if (bytes.IsEmpty)
            return "packet length is 0";
        return (bytes[0] >> 4) switch
        {
            4 => ReadV4(bytes, out packet),
            6 => ReadV6(bytes, out packet),
            var version => $"unknown ip version {version}",
        };
    }

    private static string? ReadV4(ReadOnlySpan<byte> bytes, out IcmpPacket packet)
    {
        packet = default;
        if (bytes.Length < HeaderV4)
            return $"Invalid ip4 header. Length {bytes.Length} less than {HeaderV4}";
        var header = (bytes[0] & 0xf) * 4;
        int total = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        if (total == 0)
            total = bytes.Length;
        if (header < HeaderV4 || total < HeaderV4 || header > total)
            return $"Invalid ip4 header. Header length {header}, total length {total}";
        bytes = bytes[..Math.Min(total, bytes.Length)];
        if (header > bytes.Length || !HasValidOptions(bytes[HeaderV4..header]))
            return $"Invalid ip4 header. Options of {header - HeaderV4} bytes are cut or malformed";
        var isFragment = (BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]) & 0x3fff) != 0;
        if (isFragment || bytes[9] != ProtocolV4)
            return "Expect to decode IP and ICMP layers, got [IPv4]";
        var message = bytes[header..];
        if (message.Length < EchoHeader)
            return "ICMP layer less then 8 bytes for ICMPv4 packet";
        packet = new IcmpPacket(bytes, bytes[12..16], bytes[16..20], bytes[8], message);
        return null;
    }

    private static bool HasValidOptions(ReadOnlySpan<byte> options)
    {
        const int end = 0, nothing = 1;
        while (!options.IsEmpty && options[0] != end)
        {
            var length = options[0] == nothing ? 1 : options.Length < 2 ? 0 : options[1];
            if (length == 0 || length > options.Length || (options[0] != nothing && length < 2))
                return false;
            options = options[length..];
        }
        return true;
    }

    private static string? ReadV6(ReadOnlySpan<byte> bytes, out IcmpPacket packet)
    {
        packet = default;
        if (bytes.Length < HeaderV6)
            return $"Invalid ip6 header. Length {bytes.Length} less than {HeaderV6}";
        int length = BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        if (length == 0)
            return "Invalid ip6 header. Payload length is 0";
        bytes = bytes[..Math.Min(HeaderV6 + length, bytes.Length)];
        var message = bytes[HeaderV6..];
        var next = bytes[6];
        if (next == HopByHop && message.Length >= 8)
        {
            next = message[0];
            message = message[Math.Min((message[1] + 1) * 8, message.Length)..];
        }
        if (next != ProtocolV6)
            return "Expect to decode IP and ICMP layers, got [IPv6]";
        var isEcho = !message.IsEmpty && message[0] is 128 or 129;
        if (message.Length < (isEcho ? EchoHeader : 4))
            return "message too short";
        packet = new IcmpPacket(bytes, bytes[8..24], bytes[24..40], bytes[7], message);
        return null;
    }
}
