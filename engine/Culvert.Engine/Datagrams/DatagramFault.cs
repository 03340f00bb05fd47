namespace Culvert.Engine.Datagrams;

/// <summary>Why bytes are no datagram of the protocol.</summary>
public enum DatagramFault
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>There is no type byte.</summary>
    Empty,

    /// <summary>The type byte is another one.</summary>
    WrongType,

    /// <summary>Shorter than its fixed fields, or longer than its type allows.</summary>
    InvalidSize,

    /// <summary>An ICMP datagram without a packet.</summary>
    PacketMissing,

    /// <summary>An ICMP datagram whose packet is longer than 1280 bytes.</summary>
    PacketTooLarge,

    /// <summary>A response whose text is said to be longer than 1260 bytes.</summary>
    TextTooLong,

    /// <summary>A response that ends before its text does.</summary>
    TextCut,
}

/// <summary>Texts of <see cref="DatagramFault"/> for logs, in the original's words (datagrams, sections 4.2 to 4.6).</summary>
public static class DatagramFaultText
{
    /// <summary>One line that says what is wrong.</summary>
    public static string Describe(this DatagramFault fault) => fault switch
    {
        DatagramFault.None => "no error",
        DatagramFault.Empty => "datagram should have at least 1 byte",
        DatagramFault.WrongType => "datagram unmarshal error: datagram is of another type",
        DatagramFault.InvalidSize => "datagram unmarshal error: datagram provided is an invalid size",
        DatagramFault.PacketMissing => "datagram unmarshal error: datagram icmp payload is missing",
        DatagramFault.PacketTooLarge => "datagram unmarshal error: datagram icmp payload exceeds 1280 bytes",
        DatagramFault.TextTooLong => "datagram unmarshal error: datagram response error message length exceeds the length of the "
            + "datagram maximum: 1260",
        DatagramFault.TextCut => "datagram unmarshal error: datagram response error message length exceeds the length of the "
            + "provided datagram",
        _ => $"datagram unmarshal error: {fault}",
    };
}
