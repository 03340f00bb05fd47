using System.Buffers.Text;
using Culvert.Engine.Tracing;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Proxying;

/// <summary>Watches one request that is logged or traced; there is none for all the others. Not thread-safe.</summary>
internal sealed class RequestObserver(RequestTrace? trace)
{
    private DateTimeOffset _begun;

    /// <summary>Length that the response announced, or -1.</summary>
    public long ContentLength { get; private set; } = -1;

    /// <summary>The rule is about to be looked up.</summary>
    public void Routing() => _begun = trace?.Now ?? default;

    /// <summary>The rule was found; the origin is about to be asked.</summary>
    public void Routed(EdgeStream stream, ReadOnlySpan<byte> host, int rule)
    {
        stream.HeadListener = Answered;
        if (trace is not null)
        {
            trace.RuleFound(_begun, host, rule);
            _begun = trace.Now;
        }
    }

    private void Answered(ResponseHead head)
    {
        if (head.Headers.TryGet("content-length"u8, out var text) && Utf8Parser.TryParse(text, out long length, out _))
        {
            ContentLength = length;
        }

        if (trace is not null)
        {
            trace.OriginAnswered(_begun, head.Status);
            trace.WriteTo(head.Headers);
        }
    }
}
