using System.Buffers.Text;
using Culvert.Engine.Tracing;
using Culvert.Ingress.Services;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Proxying;

/// <summary>Watches one request that is logged or traced; there is none for all the others. Not thread-safe.</summary>
internal sealed class RequestObserver(RequestTrace? trace, RequestSpan? span)
{
    private DateTimeOffset _begun;
    private bool _isTcp;

    /// <summary>Length that the response announced, or -1.</summary>
    public long ContentLength { get; private set; } = -1;

    /// <summary>The rule is about to be looked up.</summary>
    public void Routing() => _begun = trace?.Now ?? default;

    /// <summary>The rule was found; the origin is about to be asked, or dialled where it is one of TCP.</summary>
    public void Routed(EdgeStream stream, ReadOnlySpan<byte> host, int rule, OriginService service)
    {
        _isTcp = service is OriginService.Tcp or OriginService.Bastion or OriginService.Socks;
        stream.HeadListener = Answered;
        span?.Routed(rule, service.ToString());
        if (trace is not null)
        {
            trace.RuleFound(_begun, host, rule);
            _begun = trace.Now;
        }
    }

    /// <summary>A private address is about to be dialled.</summary>
    public void Dialling(EdgeStream stream)
    {
        _isTcp = true;
        _begun = trace?.Now ?? default;
        stream.HeadListener = Answered;
    }

    /// <summary>The request has ended.</summary>
    /// <param name="status">What the visitor got.</param>
    /// <param name="error">Why it failed; null when it did not.</param>
    public void Ended(int status, string? error) => span?.End(status, error);

    private void Answered(ResponseHead head)
    {
        span?.Answered();
        if (head.Headers.TryGet("content-length"u8, out var text) && Utf8Parser.TryParse(text, out long length, out _))
        {
            ContentLength = length;
        }

        if (trace is null)
        {
            return;
        }

        if (_isTcp)
        {
            trace.StreamConnected(_begun);
        }
        else
        {
            trace.OriginAnswered(_begun, head.Status);
        }

        trace.WriteTo(head.Headers);
    }
}
