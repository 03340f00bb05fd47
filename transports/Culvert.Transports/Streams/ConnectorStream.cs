using System.IO.Pipelines;
using Culvert.Transports.Headers;

namespace Culvert.Transports.Streams;

/// <summary>A stream to a connector, seen from the edge: one request to be answered.</summary>
/// <remarks>
/// The request side and the response side may be used by one task each at the same time. Disposing a stream whose response was
/// not read to its end aborts it. Transports use the object again: it is disposed once, and not touched afterwards.
/// </remarks>
public abstract class ConnectorStream : IAsyncDisposable
{
    /// <summary>
    /// The request body, or the bytes from the visitor of a WebSocket or TCP stream. Completing it ends the request side. A
    /// request without a body has a writer that is already completed.
    /// </summary>
    public abstract PipeWriter Output { get; }

    /// <summary>
    /// The response body; available after <see cref="ReadHeadAsync"/>. A response that was cut short makes reads throw.
    /// </summary>
    public abstract PipeReader Input { get; }

    /// <summary>Trailer fields, complete after <see cref="Input"/> was read to its end.</summary>
    public abstract HeaderList Trailers { get; }

    /// <summary>Waits for the response head. The head is owned by the stream and valid until it is disposed.</summary>
    /// <exception cref="ConnectorLostException">The connection ended, or the connector reset the stream.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the stream is then aborted.</exception>
    public abstract ValueTask<ResponseHead> ReadHeadAsync(CancellationToken cancellationToken);

    /// <summary>Gives the request up: the connector cancels its origin request. May be called from any thread.</summary>
    public abstract void Abort();

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
