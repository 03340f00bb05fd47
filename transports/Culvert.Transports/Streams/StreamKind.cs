namespace Culvert.Transports.Streams;

/// <summary>What a stream that the edge opened carries.</summary>
public enum StreamKind
{
    /// <summary>One HTTP request and its response.</summary>
    Http = 0,

    /// <summary>A WebSocket: an HTTP upgrade followed by raw bytes in both directions.</summary>
    WebSocket = 1,

    /// <summary>A TCP connection to an <c>ip:port</c> of a private network.</summary>
    Tcp = 2,
}
