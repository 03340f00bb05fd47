namespace Culvert.Transports.DataStreams;

/// <summary>What a data stream carries. On the wire 16 bits; values from 3 on have no meaning.</summary>
public enum ConnectionType
{
    /// <summary>One HTTP request and its response.</summary>
    Http = 0,

    /// <summary>An HTTP request that asks to become a WebSocket.</summary>
    WebSocket = 1,

    /// <summary>A TCP connection.</summary>
    Tcp = 2,
}
