using System.Net;

namespace Culvert.Transports.Connections;

/// <summary>Makes a connector's connections over one transport. Thread-safe. Disposing closes every connection it made.</summary>
public interface IEdgeDialer : IAsyncDisposable
{
    /// <summary>Name of the transport: <c>http2</c> or <c>quic</c>.</summary>
    string Protocol { get; }

    /// <summary>Dials one edge address.</summary>
    /// <param name="address">Address of the edge node.</param>
    /// <param name="index">Index of the connection among those of this connector.</param>
    /// <param name="cancellationToken">Gives the dialling up.</param>
    /// <exception cref="EdgeDialException">The address cannot be reached, or TLS failed; the text says which and why.</exception>
    Task<EdgeConnection> DialAsync(IPEndPoint address, byte index, CancellationToken cancellationToken);
}
