using System.Buffers.Binary;
using System.Net;

namespace Culvert.Engine.Datagrams.V3;

/// <summary>
/// A request to open a flow (datagrams, section 4.2): type, flags, port, idle seconds, request id, address, and perhaps the
/// flow's first payload. Borrows the bytes it was read from.
/// </summary>
public readonly ref struct RegistrationDatagram
{
    /// <summary>Bytes before the address.</summary>
    private const int AddressOffset = 6 + DatagramSizes.RequestId;

    private const byte Version6 = 1;
    private const byte Traced = 2;
    private const byte Bundled = 4;

    // Of the reserved flags; an edge sets it for connectors alone that say that they know it.
    private const byte WantsUnreachableFlag = 8;

    /// <summary>Names what <see cref="Write"/> writes.</summary>
    /// <param name="requestId">The flow.</param>
    /// <param name="address">4 or 16 bytes.</param>
    /// <param name="port">UDP port.</param>
    /// <param name="idleSeconds">Idle period in seconds; 0 for the default of 210.</param>
    /// <param name="payload">The first payload, or empty.</param>
    /// <param name="isTraced">Sets the flag, which connectors ignore.</param>
    /// <param name="wantsUnreachable">Sets the flag, which all connectors but ours ignore.</param>
    /// <exception cref="ArgumentException">The address has another length.</exception>
    public RegistrationDatagram(
        UInt128 requestId, ReadOnlySpan<byte> address, ushort port, ushort idleSeconds, ReadOnlySpan<byte> payload = default,
        bool isTraced = false, bool wantsUnreachable = false)
    {
        if (address.Length is not (4 or 16))
            throw new ArgumentException($"An address has 4 or 16 bytes, not {address.Length}.", nameof(address));
        RequestId = requestId;
        Address = address;
        Port = port;
        IdleSeconds = idleSeconds;
        Payload = payload;
        IsTraced = isTraced;
        WantsUnreachable = wantsUnreachable;
    }

    /// <summary>The flow.</summary>
    public UInt128 RequestId { get; }

    /// <summary>Destination address, 4 or 16 bytes.</summary>
    public ReadOnlySpan<byte> Address { get; }

    /// <summary>Destination port; 0 is as good as any.</summary>
    public ushort Port { get; }

    /// <summary>Idle period in seconds; 0 for the default.</summary>
    public ushort IdleSeconds { get; }

    /// <summary>The trace flag; nothing depends on it.</summary>
    public bool IsTraced { get; }

    /// <summary>
    /// Whether the edge wants <see cref="RegistrationOutcome.DestinationUnreachable"/> when the destination refuses a payload
    /// later on. Ours alone: nobody else's edge asks for it.
    /// </summary>
    public bool WantsUnreachable { get; }

    /// <summary>The bundled first payload; empty when there is none.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>Bytes that <see cref="Write"/> needs.</summary>
    public int Length => AddressOffset + Address.Length + Payload.Length;

    /// <summary>Destination address as an object, for logs.</summary>
    public IPAddress ToAddress() => new(Address);

    /// <summary>
    /// Reads a registration. Reserved flags are ignored, and so are bytes behind the address without the bundle flag.
    /// </summary>
    public static DatagramFault Read(ReadOnlySpan<byte> datagram, out RegistrationDatagram registration)
    {
        registration = default;
        if (datagram.IsEmpty)
            return DatagramFault.Empty;
        if (datagram[0] != (byte)DatagramType.Registration)
            return DatagramFault.WrongType;
        if (datagram.Length < AddressOffset)
            return DatagramFault.InvalidSize;
        var flags = datagram[1];
        var payloadOffset = AddressOffset + ((flags & Version6) != 0 ? 16 : 4);
        if (datagram.Length < payloadOffset)
            return DatagramFault.InvalidSize;
        var payload = (flags & Bundled) != 0 ? datagram[payloadOffset..] : default;
        if (payload.Length > DatagramSizes.MaxPayload)
            return DatagramFault.InvalidSize;
        registration = new RegistrationDatagram(
            BinaryPrimitives.ReadUInt128BigEndian(datagram[6..]), datagram[AddressOffset..payloadOffset],
            BinaryPrimitives.ReadUInt16BigEndian(datagram[2..]), BinaryPrimitives.ReadUInt16BigEndian(datagram[4..]), payload,
            (flags & Traced) != 0, (flags & WantsUnreachableFlag) != 0);
        return DatagramFault.None;
    }

    /// <summary>Writes the registration.</summary>
    /// <returns>Its bytes.</returns>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public int Write(Span<byte> destination)
    {
        if (destination.Length < Length)
            throw new ArgumentException($"The registration has {Length} bytes, the destination {destination.Length}.");
        destination[0] = (byte)DatagramType.Registration;
        destination[1] = (byte)(
            (Address.Length == 16 ? Version6 : 0) | (IsTraced ? Traced : 0) | (Payload.IsEmpty ? 0 : Bundled)
            | (WantsUnreachable ? WantsUnreachableFlag : 0));
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], Port);
        BinaryPrimitives.WriteUInt16BigEndian(destination[4..], IdleSeconds);
        BinaryPrimitives.WriteUInt128BigEndian(destination[6..], RequestId);
        Address.CopyTo(destination[AddressOffset..]);
        Payload.CopyTo(destination[(AddressOffset + Address.Length)..]);
        return Length;
    }
}
