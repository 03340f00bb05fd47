using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins;

/// <summary>Something that answers requests: the last stage of the flow. Thread-safe.</summary>
public interface IOrigin : IAsyncDisposable
{
    /// <summary>
    /// Answers one request on its stream. Before a response head was sent, failures end in a rejection; afterwards they are
    /// thrown, so that the transport aborts the stream.
    /// </summary>
    /// <param name="stream">The request; borrowed until the task ends.</param>
    /// <param name="cancellationToken">Cancelled when the edge gave the request up or the connector stops.</param>
    /// <exception cref="OriginException">There is no answer of the origin; nothing was sent yet.</exception>
    ValueTask ServeAsync(EdgeStream stream, CancellationToken cancellationToken);

    /// <summary>
    /// No new request will come, but some may still run: lets go of what only further ones would need, such as idle connections.
    /// </summary>
    void Retire()
    {
    }
}
