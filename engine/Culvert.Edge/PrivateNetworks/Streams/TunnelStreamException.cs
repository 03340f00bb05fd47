using Culvert.Transports.Headers;

namespace Culvert.Edge.PrivateNetworks.Streams;

/// <summary>There is no stream to a destination behind a tunnel; the message says why.</summary>
/// <param name="message">One line.</param>
/// <param name="source">Who refused: <see cref="ResponseSource.Origin"/> stands for the edge itself.</param>
internal sealed class TunnelStreamException(string message, ResponseSource source = ResponseSource.Origin) : IOException(message)
{
    /// <summary>Whether the connector tried and could not, or would not.</summary>
    public ResponseSource RefusedBy => source;
}
