using System.Buffers.Text;
using System.IO.Pipelines;
using System.Text;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Culvert.Transports.Http2.ConnectorRole;

/// <summary>One HTTP/2 stream as <see cref="EdgeStream"/>, directly on the server's features.</summary>
internal sealed class Http2EdgeStream : EdgeStream
{
    private const int StatusBadGateway = 502;
    private const int StatusSwitchingProtocols = 101;
    private const int ErrorCodeInternal = 2; // RFC 9113, section 7

    private readonly RequestHead _request = new();
    private IFeatureCollection _features;
    private bool _headSent;

    public Http2EdgeStream(IFeatureCollection features) => _features = features;

    public IFeatureCollection Features => _features;

    public IHttpRequestFeature RequestFeature => _features.Get<IHttpRequestFeature>()!;

    public override RequestHead Request => _request;

    public override PipeReader Input => _features.Get<IRequestBodyPipeFeature>()!.Reader;

    public override PipeWriter Output => _features.Get<IHttpResponseBodyFeature>()!.Writer;

    public override CancellationToken Aborted => _features.Get<IHttpRequestLifetimeFeature>()!.RequestAborted;

    public override bool HeadSent => _headSent;

    public void Attach(IFeatureCollection features) => _features = features;

    public void Detach()
    {
        _request.Clear();
        _headSent = false;
        ForgetResponse();
    }

    /// <summary>Copies the request head out of the server's strings (section 1.7).</summary>
    /// <exception cref="HeaderLimitException">The head is larger than a <see cref="HeaderList"/> may hold.</exception>
    public void ReadHead(StreamKind kind)
    {
        var request = RequestFeature;
        _request.Kind = kind;
        _request.SetLine(request.Method, request.Headers.Host.ToString(), request.RawTarget);
        _request.HasBody = _features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? true;
        _request.ContentLength = request.Headers.ContentLength;
        Span<byte> canonical = stackalloc byte[256];
        foreach (var (name, values) in request.Headers)
        {
            if (name[0] == ':' || name.Equals("host", StringComparison.OrdinalIgnoreCase)
                || name.Equals(ControlHeaders.StreamMarker, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            if (name.Equals(ControlHeaders.TraceContext, StringComparison.OrdinalIgnoreCase))
            {
                SetTraceContext(values[^1]);
                continue;
            }

            // The server consumed it: it answers 100 when the body is first read.
            if (name.Equals("expect", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            foreach (var value in values)
            {
                AddHeader(canonical, name, value ?? "");
            }
        }
    }

    public override void SendHead(ResponseHead head)
    {
        ThrowIfSent();
        _headSent = true;
        BeginHead(head);
        var response = _features.Get<IHttpResponseFeature>()!;
        var headers = response.Headers;
        response.StatusCode = head.Status == StatusSwitchingProtocols ? 200 : head.Status;
        headers[ControlHeaders.ResponseHeaders] = SerializedHeaders.Serialize(head.Headers);
        headers[ControlHeaders.ResponseMetadata] = ResponseMeta.Origin;
        if (head.Headers.TryGet("cf-int-cloudflared-tracing"u8, out var spans))
        {
            headers[ControlHeaders.TraceResult] = Encoding.Latin1.GetString(spans);
        }

        // The server refuses a length on these; the edge has it among the serialized headers.
        if (head.Status is not (StatusSwitchingProtocols or 204)
            && head.Headers.TryGet("content-length"u8, out var length)
            && Utf8Parser.TryParse(length, out long bytes, out var read) && read == length.Length && bytes >= 0)
        {
            headers.ContentLength = bytes;
        }
    }

    public override void AddTrailer(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var trailers = _features.Get<IHttpResponseTrailersFeature>()?.Trailers;
        if (trailers is { IsReadOnly: false })
        {
            var key = Encoding.Latin1.GetString(name);
            trailers[key] = StringValues.Concat(trailers[key], Encoding.Latin1.GetString(value));
        }
    }

    public override async ValueTask RejectAsync(ResponseSource source, string reason, CancellationToken cancellationToken)
    {
        ThrowIfSent();
        _headSent = true;
        var response = _features.Get<IHttpResponseFeature>()!;
        response.StatusCode = StatusBadGateway;
        response.Headers[ControlHeaders.ResponseMetadata] =
            source == ResponseSource.FlowLimited ? ResponseMeta.FlowLimited : ResponseMeta.Connector;
        response.Headers.ContentLength = 0;
        await _features.Get<IHttpResponseBodyFeature>()!.CompleteAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public override void Abort()
    {
        if (_features.Get<IHttpResetFeature>() is { } reset)
        {
            reset.Reset(ErrorCodeInternal);
        }
    }

    private void ThrowIfSent()
    {
        if (_headSent)
        {
            throw new InvalidOperationException("The response head was sent already.");
        }
    }

    private void SetTraceContext(string? value)
    {
        Span<byte> bytes = stackalloc byte[256];
        if (value is { Length: > 0 and <= 256 })
        {
            _request.SetTraceContext(bytes[..Encoding.Latin1.GetBytes(value, bytes)]);
        }
    }

    private void AddHeader(Span<byte> scratch, string name, string value)
    {
        if (name.Length > scratch.Length)
        {
            _request.Headers.Add(name, value);
            return;
        }

        var canonical = scratch[..Encoding.Latin1.GetBytes(name, scratch)];
        CanonicalName.Apply(canonical);
        _request.Headers.Add(canonical, value);
    }
}
