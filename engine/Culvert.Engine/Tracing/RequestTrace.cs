using System.Text;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Tracing;

/// <summary>
/// The spans of one request. The connector keeps none: they return to the edge in the response head (http2-and-proxy,
/// section 8). Not thread-safe.
/// </summary>
public sealed class RequestTrace
{
    /// <summary>Most spans of a request; more are not kept.</summary>
    public const int MaxSpans = 20;

    private const string ResultHeader = "Cf-Int-Cloudflared-Tracing";

    private readonly TraceContext _context;
    private readonly TraceResource _resource;
    private readonly TimeProvider _time;
    private readonly DateTimeOffset _begun;
    private readonly long _timestamp;
    private readonly List<Span> _spans = new(2);

    private RequestTrace(TraceContext context, TraceResource resource, TimeProvider time)
    {
        _context = context;
        _resource = resource;
        _time = time;
        (_begun, _timestamp) = (time.GetUtcNow(), time.GetTimestamp());
    }

    /// <summary>Now, for the beginning of a span. None lasts longer or shorter because the date was set meanwhile.</summary>
    public DateTimeOffset Now => _begun + _time.GetElapsedTime(_timestamp);

    /// <summary>Begins the trace of a request that the edge records. Without a trace context it costs a comparison.</summary>
    /// <returns>Null when there is nothing to record.</returns>
    public static RequestTrace? Begin(RequestHead request, TraceResource resource, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(request);
        return !request.TraceContext.IsEmpty && TraceContext.TryParse(request.TraceContext, out var context) && context.IsSampled
            ? new RequestTrace(context, resource, time) : null;
    }

    /// <summary>Records that a rule was found.</summary>
    /// <param name="begin">When the search began.</param>
    /// <param name="host">The request's host.</param>
    /// <param name="rule">Index of the rule.</param>
    public void RuleFound(DateTimeOffset begin, ReadOnlySpan<byte> host, int rule) =>
        Add("ingress_match", begin, isOk: false, [("req-host", Encoding.Latin1.GetString(host)), ("rule-num", (long)rule)]);

    /// <summary>Records that an origin answered.</summary>
    /// <param name="begin">When the request was given to the origin.</param>
    /// <param name="status">The origin's status.</param>
    public void OriginAnswered(DateTimeOffset begin, int status) =>
        Add("ttfb_origin", begin, isOk: true, [("upstreamStatusCode", (long)status)]);

    /// <summary>Records that a stream to an origin was connected.</summary>
    /// <param name="begin">When the dial began.</param>
    public void StreamConnected(DateTimeOffset begin) => Add("stream-connect", begin, isOk: false, []);

    /// <summary>Puts the spans into a response head. What an origin said in their place is dropped.</summary>
    public void WriteTo(HeaderList headers)
    {
        ArgumentNullException.ThrowIfNull(headers);
        headers.Set(
            Encoding.ASCII.GetBytes(ResultHeader), Convert.ToBase64String(SpanEncoding.Encode(_resource, _context, _spans)));
    }

    private void Add(string name, DateTimeOffset begin, bool isOk, (string Name, object Value)[] attributes)
    {
        if (_spans.Count < MaxSpans)
        {
            _spans.Add(new Span(name, NewSpanId(), begin, Now, isOk, attributes));
        }
    }

    private static ulong NewSpanId() => (ulong)Random.Shared.NextInt64(1, long.MaxValue);
}
