using System.Diagnostics;
using System.Text;
using Culvert.Transports.Connections;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Tracing;

/// <summary>
/// Makes spans of requests for whoever listens to its source; without a listener, or for a trace that is not recorded, there are
/// none. Thread-safe.
/// </summary>
/// <param name="scope">Says who makes them, as <see cref="ConnectorScope"/> does.</param>
public sealed class RequestSpans(string scope) : IDisposable
{
    /// <summary>Name of a connector's source.</summary>
    public const string ConnectorScope = "Culvert.Connector";

    /// <summary>Name of an edge node's source.</summary>
    public const string EdgeScope = "Culvert.Edge";

    /// <summary>
    /// Longest <c>tracestate</c> that a span holds, in characters; a longer one is left out, as its parts make no sense.
    /// </summary>
    public const int MaxTraceState = 512;

    /// <summary>Where listeners attach.</summary>
    public ActivitySource Source { get; } = new(scope);

    /// <inheritdoc/>
    public void Dispose() => Source.Dispose();

    /// <summary>Begins the span of a request.</summary>
    /// <param name="name">What is done, such as the method; cut at <see cref="RequestSpan.MaxWord"/>.</param>
    /// <param name="parent">The span it belongs to, or the default for one that begins a trace.</param>
    /// <returns>Null when it is not recorded.</returns>
    public RequestSpan? Begin(string name, ActivityContext parent)
    {
        // The thread is the connection's own, and serves other requests while this one waits: nothing of it may stay there.
        var before = Activity.Current;
        Activity.Current = null;
        try
        {
            var span = Source.StartActivity(RequestSpan.Cut(name, RequestSpan.MaxWord), ActivityKind.Server, parent);
            return span is null ? null : new RequestSpan(span);
        }
        finally
        {
            Activity.Current = before;
        }
    }

    /// <summary>The span that a request's header fields name (W3C Trace Context).</summary>
    /// <param name="traceParent">The value of <c>traceparent</c>.</param>
    /// <param name="traceState">The value of <c>tracestate</c>.</param>
    /// <returns>The default when they name none.</returns>
    public static ActivityContext Parent(string? traceParent, string? traceState) =>
        ActivityContext.TryParse(
            traceParent, traceState?.Length > MaxTraceState ? null : traceState, isRemote: true, out var context)
            ? context : default;

    /// <summary>
    /// Begins the span of a request, as a child of the visitor's <c>traceparent</c> or else of the edge's trace, and puts its own
    /// id into the request, so that the origin's spans become its children.
    /// </summary>
    /// <param name="request">
    /// The request; its <c>traceparent</c> is replaced, and its <c>tracestate</c> removed unless the visitor's trace goes on.
    /// </param>
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
        var parent = Parent(request);
        var isVisitors = parent != default;
        if (!isVisitors && TraceContext.TryParse(request.TraceContext, out var edge))
        {
            parent = edge.ToActivityContext();
        }

        if (Begin(method, parent) is not { } span)
        {
            return null;
        }

        if (!isTcp)
        {
            span.Set("http.request.method", method);
            span.Set("url.path", Path(request.Target), RequestSpan.MaxPath);
            request.Headers.Set("traceparent"u8, span.Id);
            if (!isVisitors)
            {
                // It is of another trace than the one that goes on from here (W3C Trace Context, section 3.3).
                request.Headers.Remove("tracestate"u8);
            }
        }

        span.Set("server.address", request.Authority);
        if (request.Headers.TryGet("cf-ray"u8, out var ray))
        {
            span.Set("cf.ray", ray);
        }

        if (connection is not null)
        {
            span.Set("cloudflared.conn_index", connection.Index);
            span.Set("cloudflared.protocol", connection.Protocol);
        }

        return span;
    }

    private static ActivityContext Parent(RequestHead request)
    {
        var parent = request.Headers.TryGet("traceparent"u8, out var id) ? Encoding.Latin1.GetString(id) : null;
        var state = request.Headers.TryGet("tracestate"u8, out var text) ? Encoding.Latin1.GetString(text) : null;
        return Parent(parent, state);
    }

    private static ReadOnlySpan<byte> Path(ReadOnlySpan<byte> target)
    {
        var query = target.IndexOf((byte)'?');
        return query < 0 ? target : target[..query];
    }
}

/// <summary>The span of one request. Not thread-safe.</summary>
/// <param name="span">What it is to the platform, begun.</param>
public sealed class RequestSpan(Activity span)
{
    /// <summary>Longest path and longest error in characters; the rest is left out.</summary>
    public const int MaxPath = 2048;

    /// <summary>Longest name and longest of the other attributes that come with a request, in characters.</summary>
    public const int MaxWord = 256;

    private const int ServerError = 500;

    private readonly long _timestamp = Stopwatch.GetTimestamp();

    /// <summary>Says which rule answers.</summary>
    public void Routed(int rule, string service)
    {
        span.SetTag("cloudflared.ingress_rule", (long)rule);
        span.SetTag("cloudflared.origin_service", service);
    }

    /// <summary>What <c>traceparent</c> is for the request's next hop.</summary>
    public string Id => span.Id!;

    /// <summary>Says something of the request.</summary>
    /// <param name="name">Name of the attribute.</param>
    /// <param name="value">Its value.</param>
    public void Set(string name, long value) => span.SetTag(name, value);

    /// <summary>Says something of the request.</summary>
    /// <param name="name">Name of the attribute.</param>
    /// <param name="value">Its value.</param>
    /// <param name="longest">Where the value is cut, in characters.</param>
    public void Set(string name, ReadOnlySpan<char> value, int longest = MaxWord) =>
        span.SetTag(name, value[..Math.Min(value.Length, longest)].ToString());

    /// <summary>Says something of the request.</summary>
    /// <param name="name">Name of the attribute.</param>
    /// <param name="value">Its value in Latin-1.</param>
    /// <param name="longest">Where the value is cut, in characters.</param>
    public void Set(string name, ReadOnlySpan<byte> value, int longest = MaxWord) =>
        span.SetTag(name, Encoding.Latin1.GetString(value[..Math.Min(value.Length, longest)]));

    /// <summary>Notes that the origin has answered.</summary>
    public void Answered() => span.AddEvent(new ActivityEvent("origin answered", Now));

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
            span.SetStatus(ActivityStatusCode.Error, error is null ? null : Cut(error, MaxPath));
        }

        // Not by the system's date, which may have been set meanwhile.
        span.SetEndTime(Now.UtcDateTime);
        var before = Activity.Current;
        span.Stop();
        Activity.Current = before;
    }

    internal static string Cut(string text, int longest) => text.Length > longest ? text[..longest] : text;

    private DateTimeOffset Now => span.StartTimeUtc + Stopwatch.GetElapsedTime(_timestamp);
}
