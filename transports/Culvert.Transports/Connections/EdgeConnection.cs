using System.Net;
using Culvert.Transports.Datagrams;

namespace Culvert.Transports.Connections;

/// <summary>A connection to an edge node, seen from the connector that dialled it.</summary>
/// <remarks>Thread-safe. The owner disposes it; disposing closes the transport at once.</remarks>
public abstract class EdgeConnection : IAsyncDisposable
{
    /// <summary>Position among the connections of this connector, from 0.</summary>
    public abstract byte Index { get; }

    /// <summary>Name of the transport as flags and logs spell it: <c>http2</c> or <c>quic</c>.</summary>
    public abstract string Protocol { get; }

    /// <summary>Address of the edge node.</summary>
    public abstract IPEndPoint RemoteEndPoint { get; }

    /// <summary>Address that a registration reports as the origin's own (quic-and-rpc, section 3.7).</summary>
    public abstract IPAddress ReportedAddress { get; }

    /// <summary>The connection's datagrams; null when its transport has none.</summary>
    public virtual IDatagramConnection? Datagrams => null;

    /// <summary>Tells the edge that a UDP session of version 2 is no more.</summary>
    /// <exception cref="IOException">The transport has no sessions, the connection has ended, or there was no
    /// answer.</exception>
    public virtual ValueTask UnregisterUdpSessionAsync(Guid sessionId, string message, CancellationToken cancellationToken) =>
        throw new IOException($"{Protocol} carries no UDP sessions");

    /// <summary>Serves the edge's streams until the connection ends.</summary>
    /// <param name="handler">Answers the streams; called concurrently.</param>
    /// <param name="cancellationToken">Closes the connection and cancels every stream.</param>
    /// <returns>A task that ends when the connection has ended and every handler has returned.</returns>
    public abstract Task ServeAsync(IEdgeConnectionHandler handler, CancellationToken cancellationToken);

    /// <summary>Closes the transport. Streams that are still open end as aborted.</summary>
    public abstract ValueTask DisposeAsync();
}
