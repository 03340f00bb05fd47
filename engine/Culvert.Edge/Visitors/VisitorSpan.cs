using Culvert.Engine.Tracing;
using Microsoft.Net.Http.Headers;

namespace Culvert.Edge.Visitors;

/// <summary>The span of a visitor's request, which says what the access log says of it.</summary>
internal static class VisitorSpan
{
    /// <summary>
    /// Begins it, as a child of the visitor's <c>traceparent</c>, and puts its own id there, so that the connector's and the
    /// origin's spans become its children. A <c>tracestate</c> without a valid <c>traceparent</c> is removed.
    /// </summary>
    /// <returns>Null when it is not recorded; then the request stays as it is.</returns>
    public static RequestSpan? Begin(RequestSpans spans, Visitor visitor)
    {
        var headers = visitor.RequestHeaders;
        var parent = RequestSpans.Parent(headers.TraceParent, headers.TraceState);
        if (spans.Begin(visitor.Method, parent) is not { } span)
        {
            return null;
        }

        span.Set("http.request.method", visitor.Method);
        span.Set("url.path", visitor.Path, RequestSpan.MaxPath);
        span.Set("server.address", visitor.Hostname);
        span.Set("cf.ray", visitor.Ray.ToString());
        headers.TraceParent = span.Id;
        if (parent == default)
        {
            // It is of another trace than the one that begins here (W3C Trace Context, section 3.3).
            headers.Remove(HeaderNames.TraceState);
        }

        return span;
    }

    /// <summary>Ends it.</summary>
    /// <param name="span">The span.</param>
    /// <param name="visitor">Its request.</param>
    /// <param name="status">What the visitor got, 499 for one who left before.</param>
    /// <param name="error">Why it failed; null when it did not.</param>
    public static void End(RequestSpan span, Visitor visitor, int status, string? error)
    {
        span.Set("http.request.body.size", visitor.Received.Value);
        span.Set("http.response.body.size", visitor.Sent.Value);
        if (visitor.TunnelId != Guid.Empty)
        {
            span.Set("culvert.tunnel_id", visitor.TunnelId.ToString());
        }

        if (visitor.ConnectionId != Guid.Empty)
        {
            span.Set("culvert.connection_id", visitor.ConnectionId.ToString());
        }

        span.End(status, error);
    }
}
