using System.Diagnostics;
using System.Text;
using Culvert.Transports.Connections;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Tracing;

/// <summary>
/// Makes spans of requests for whoever listens to its source; without a listener, or for a trace that is not recorded, there are
/// none. Thread-safe.
/// </summary>
public sealed class RequestSpans : IDisposable
{
    /// <summary>Name of the source.</summary>
    public const string Scope = "Culvert.Connector";

    /// <summary>Where listeners attach.</summary>
    public ActivitySource Source { get; } = new(Scope);

    /// <inheritdoc/>
    public void Dispose() => Source.Dispose();

    /// <summary>
    /// Begins the span of a request, as a child of the visitor's <c>traceparent</c> or else of the edge's trace, and puts its own
    /// id into the request, so that the origin's spans become its children.
    /// </summary>
    /// <param name="request">The request; its <c>traceparent</c> is replaced.</param>
    /// <param name="connection">What it came over.</param>
    /// <returns>Null when it is not recorded; then the request stays as it is.</returns>
    internal RequestSpan? Begin(RequestHead request, EdgeConnection? connection)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var isTcp = request.Kind == StreamKind.Tcp;
        var method = isTcp ? "TCP" : Encoding.Latin1.GetString(request.Method);

        // The thread is the connection's own, and serves other requests while this one waits: nothing of it may stay there.
        var before = Activity.Current;
        Activity.Current = null;
        try
        {
            if (Source.StartActivity(method, ActivityKind.Server, Parent(request)) is not { } span)
            {
                return null;
            }

            if (!isTcp)
            {
                span.SetTag("http.request.method", method);
                span.SetTag("url.path", Path(request.Target));
                request.Headers.Set("traceparent"u8, span.Id!);
            }

            span.SetTag("server.address", Encoding.Latin1.GetString(request.Authority));
            if (request.Headers.TryGet("cf-ray"u8, out var ray))
            {
                span.SetTag("cf.ray", Encoding.Latin1.GetString(ray));
            }

            if (connection is not null)
            {
                span.SetTag("cloudflared.conn_index", (long)connection.Index);
                span.SetTag("cloudflared.protocol", connection.Protocol);
            }

            return new RequestSpan(span);
        }
        finally
        {
            Activity.Current = before;
        }
    }

    private static ActivityContext Parent(RequestHead request)
    {
        if (request.Headers.TryGet("traceparent"u8, out var parent))
        {
            var state = request.Headers.TryGet("tracestate"u8, out var text) ? Encoding.Latin1.GetString(text) : null;
            if (ActivityContext.TryParse(Encoding.Latin1.GetString(parent), state, isRemote: true, out var context))
            {
                return context;
            }
        }

        return !request.TraceContext.IsEmpty && TraceContext.TryParse(request.TraceContext, out var edge) ? edge.ToActivityContext() : default;
    }

    private static string Path(ReadOnlySpan<byte> target)
    {
        var query = target.IndexOf((byte)'?');
        return Encoding.Latin1.GetString(query < 0 ? target : target[..query]);
    }
}

/// <summary>The span of one request. Not thread-safe.</summary>
internal sealed class RequestSpan(Activity span)
{
    private const int ServerError = 500;

    /// <summary>Says which rule answers.</summary>
    public void Routed(int rule, string service)
    {
        span.SetTag("cloudflared.ingress_rule", (long)rule);
        span.SetTag("cloudflared.origin_service", service);
    }

    /// <summary>Notes that the origin has answered.</summary>
    public void Answered() => span.AddEvent(new ActivityEvent("origin answered"));

    /// <summary>Ends it.</summary>
    /// <param name="status">What the visitor got; 0 for nothing.</param>
    /// <param name="error">Why it failed; null when it did not.</param>
    public void End(int status, string? error)
    {
        if (status > 0)
        {
            span.SetTag("http.response.status_code", (long)status);
        }

        if (error is not null || status >= ServerError)
        {
            span.SetStatus(ActivityStatusCode.Error, error);
        }

        var before = Activity.Current;
        span.Stop();
        Activity.Current = before;
    }
}
