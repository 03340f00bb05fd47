using Culvert.Transports.Headers;

namespace Culvert.Transports.Streams;

/// <summary>The head of a response that travels from a connector to the edge, the same on every transport.</summary>
/// <remarks>Not thread-safe. Reusable: <see cref="Clear"/> returns its buffers to the pool.</remarks>
public sealed class ResponseHead
{
    /// <summary>
    /// HTTP status, 200 to 999, or 101 when the origin switched protocols. An edge reads 101 on every transport, also where
    /// the wire says 200 (http2-and-proxy, section 6.2).
    /// </summary>
    public int Status { get; set; }

    /// <summary>The origin's header fields.</summary>
    public HeaderList Headers { get; } = new();

    /// <summary>Who made the response.</summary>
    public ResponseSource Source { get; set; }

    /// <summary>Why the connector has no answer of the origin, where the transport carries the text; else null.</summary>
    public string? Error { get; set; }

    /// <summary>Empties the head and returns its buffers to the pool.</summary>
    public void Clear()
    {
        Headers.Clear();
        Status = 0;
        Source = ResponseSource.Origin;
        Error = null;
    }
}
