namespace Culvert.Engine.Datagrams.V3;

/// <summary>The first byte of a datagram of version 3 (datagrams, section 4).</summary>
public enum DatagramType : byte
{
    /// <summary>Edge to connector: open a flow, or bind it to this connection.</summary>
    Registration = 0,

    /// <summary>Either way: a UDP payload of a flow.</summary>
    Payload = 1,

    /// <summary>Either way: an IP packet with an ICMP message.</summary>
    Icmp = 2,

    /// <summary>Connector to edge: the answer to a registration.</summary>
    RegistrationResponse = 3,
}

/// <summary>Sizes of version 3 in bytes (datagrams, section 2.1).</summary>
public static class DatagramSizes
{
    /// <summary>Largest UDP payload, either way.</summary>
    public const int MaxPayload = 1280;

    /// <summary>Largest IP packet with an ICMP message.</summary>
    public const int MaxPacket = 1280;

    /// <summary>A request id.</summary>
    public const int RequestId = 16;
}
