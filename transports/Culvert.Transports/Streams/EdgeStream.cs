using System.IO.Pipelines;
using Culvert.Transports.Headers;

namespace Culvert.Transports.Streams;

/// <summary>A stream that the edge opened, seen from the connector: one request to answer.</summary>
/// <remarks>
/// One handler owns the stream at a time. The head, the reader and the writer are borrowed: they are valid until the handler
/// returns. The transport ends the stream when the handler returns, and aborts it when the handler throws.
/// </remarks>
public abstract class EdgeStream
{
    /// <summary>The request.</summary>
    public abstract RequestHead Request { get; }

    /// <summary>The request body as raw bytes, or the bytes from the visitor of a WebSocket or TCP stream.</summary>
    public abstract PipeReader Input { get; }

    /// <summary>
    /// The response body. Bytes leave on <c>FlushAsync</c>, which also sends a head that waits, or when the handler returns.
    /// </summary>
    public abstract PipeWriter Output { get; }

    /// <summary>Cancelled when the edge gave the request up or the connection was lost.</summary>
    public abstract CancellationToken Aborted { get; }

    /// <summary>Whether <see cref="SendHead"/> or <see cref="RejectAsync"/> was called.</summary>
    public abstract bool HeadSent { get; }

    /// <summary>Status of the head given to <see cref="SendHead"/>; 0 before, and after <see cref="RejectAsync"/>.</summary>
    public int ResponseStatus { get; private set; }

    /// <summary>
    /// Hears of the response head just before it is sent, and may add fields to it. Null, unless somebody listens; forgotten with
    /// the stream.
    /// </summary>
    public Action<ResponseHead>? HeadListener { get; set; }

    /// <summary>
    /// Sets the response head. It leaves with the first flush of <see cref="Output"/>, or when the handler returns, so that a
    /// short response is one write. Fields are copied; <paramref name="head"/> stays the caller's.
    /// </summary>
    /// <exception cref="InvalidOperationException">A head was sent already.</exception>
    public abstract void SendHead(ResponseHead head);

    /// <summary>Adds a trailer field that follows the body. Transports without trailers drop it (QUIC).</summary>
    public abstract void AddTrailer(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value);

    /// <summary>Answers that there is no response of the origin.</summary>
    /// <param name="source"><see cref="ResponseSource.Connector"/> or <see cref="ResponseSource.FlowLimited"/>.</param>
    /// <param name="reason">Text for the edge's operator; carried on QUIC only.</param>
    /// <param name="cancellationToken">Gives the write up.</param>
    /// <exception cref="InvalidOperationException">A head was sent already.</exception>
    public abstract ValueTask RejectAsync(ResponseSource source, string reason, CancellationToken cancellationToken);

    /// <summary>
    /// Resets the stream so that the edge cannot take what it got for a complete response. May be called from any thread.
    /// </summary>
    public abstract void Abort();

    /// <summary>For implementers: the first thing that <see cref="SendHead"/> does with its head.</summary>
    protected void BeginHead(ResponseHead head)
    {
        ArgumentNullException.ThrowIfNull(head);
        ResponseStatus = head.Status;
        HeadListener?.Invoke(head);
    }

    /// <summary>For implementers that use a stream object again: forgets the response.</summary>
    protected void ForgetResponse()
    {
        ResponseStatus = 0;
        HeadListener = null;
    }
}
