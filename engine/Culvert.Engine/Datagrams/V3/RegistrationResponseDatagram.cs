using System.Buffers.Binary;

namespace Culvert.Engine.Datagrams.V3;

/// <summary>What a connector says to a registration. Other values are valid and mean failure (datagrams, section 4.4).</summary>
public enum RegistrationOutcome : byte
{
    /// <summary>The flow is open and bound to this connection.</summary>
    Ok = 0,

    /// <summary>
    /// The destination cannot be reached. The original does not send it; we do when an open flow's destination refuses a payload,
    /// if the registration asked for it.
    /// </summary>
    DestinationUnreachable = 1,

    /// <summary>The origin's socket could not be opened.</summary>
    UnableToBind = 2,

    /// <summary>The limit of active flows is reached.</summary>
    TooManyActiveFlows = 3,

    /// <summary>Another failure, with a text. Connectors do not send it.</summary>
    ErrorWithMessage = 0xff,
}

/// <summary>The answer to a registration (datagrams, section 4.4). Borrows the bytes it was read from.</summary>
public readonly ref struct RegistrationResponseDatagram(
    RegistrationOutcome outcome, UInt128 requestId, ReadOnlySpan<byte> text = default)
{
    /// <summary>Bytes before the text.</summary>
    public const int HeaderLength = 2 + DatagramSizes.RequestId + 2;

    /// <summary>Bytes of the longest text.</summary>
    public const int MaxText = 1260;

    /// <summary>What became of the registration.</summary>
    public RegistrationOutcome Outcome { get; } = outcome;

    /// <summary>The flow.</summary>
    public UInt128 RequestId { get; } = requestId;

    /// <summary>UTF-8, 0 to 1260 bytes.</summary>
    public ReadOnlySpan<byte> Text { get; } = text;

    /// <summary>Reads a response. Bytes behind the text are ignored.</summary>
    public static DatagramFault Read(ReadOnlySpan<byte> datagram, out RegistrationResponseDatagram response)
    {
        response = default;
        if (datagram.IsEmpty)
            return DatagramFault.Empty;
        if (datagram[0] != (byte)DatagramType.RegistrationResponse)
            return DatagramFault.WrongType;
        if (datagram.Length < HeaderLength)
            return DatagramFault.InvalidSize;
        var length = BinaryPrimitives.ReadUInt16BigEndian(datagram[(HeaderLength - 2)..]);
        if (length > MaxText)
            return DatagramFault.TextTooLong;
        if (datagram.Length - HeaderLength < length)
            return DatagramFault.TextCut;
        response = new RegistrationResponseDatagram(
            (RegistrationOutcome)datagram[1], BinaryPrimitives.ReadUInt128BigEndian(datagram[2..]),
            datagram.Slice(HeaderLength, length));
        return DatagramFault.None;
    }

    /// <summary>Writes the response.</summary>
    /// <returns>Its bytes.</returns>
    /// <exception cref="ArgumentException">The text is longer than 1260 bytes, or the destination is too short.</exception>
    public int Write(Span<byte> destination)
    {
        if (Text.Length > MaxText)
            throw new ArgumentException($"The text has {Text.Length} bytes, more than {MaxText}.");
        if (destination.Length < HeaderLength + Text.Length)
            throw new ArgumentException($"The destination has {destination.Length} bytes, too few.", nameof(destination));
        destination[0] = (byte)DatagramType.RegistrationResponse;
        destination[1] = (byte)Outcome;
        BinaryPrimitives.WriteUInt128BigEndian(destination[2..], RequestId);
        BinaryPrimitives.WriteUInt16BigEndian(destination[(HeaderLength - 2)..], (ushort)Text.Length);
        Text.CopyTo(destination[HeaderLength..]);
        return HeaderLength + Text.Length;
    }
}
