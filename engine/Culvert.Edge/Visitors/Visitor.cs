using System.IO.Pipelines;
using System.Net;
using System.Text;
using Culvert.Edge.Metrics;
using Culvert.Engine.Tracing;
using Culvert.Transports.Streams;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Culvert.Edge.Visitors;

/// <summary>
/// One request of a visitor, read straight from the server's features. The object stays with the visitor's connection and is used
/// for request after request.
/// </summary>
/// <param name="location">The node's location, for <see cref="Ray"/>.</param>
/// <param name="metrics">Counts bytes with those of all visitors.</param>
internal sealed class Visitor(string location, EdgeMetrics metrics)
{
    private IFeatureCollection _features = null!;
    private IHttpRequestFeature _request = null!;
    private IHttpResponseFeature _response = null!;
    private IHttpResponseBodyFeature _responseBody = null!;
    private IPAddress? _address;
    private byte[] _addressText = [];

    /// <summary>Id of the request in headers, logs and error pages.</summary>
    public RayId Ray { get; private set; }

    /// <summary>The head that connectors get; empty between requests.</summary>
    public RequestHead Head { get; } = new();

    /// <summary>When the request began, as the node's clock counts.</summary>
    public long Started { get; set; }

    /// <summary>The request's span; null when it is not recorded.</summary>
    public RequestSpan? Span { get; set; }

    /// <summary>Id of the tunnel that the request is for; empty before it is known.</summary>
    public Guid TunnelId { get; set; }

    /// <summary>Id of the connection that serves it; empty before there is one.</summary>
    public Guid ConnectionId { get; set; }

    /// <summary>Bytes of the request's body so far.</summary>
    public ByteCount Received { get; } = new(metrics.Received);

    /// <summary>Bytes of the response's body so far.</summary>
    public ByteCount Sent { get; } = new(metrics.Sent);

    /// <summary>Whether the response was cut short by the node.</summary>
    public bool WasCut { get; private set; }

    public string Method => _request.Method;

    public string RawTarget => _request.RawTarget;

    /// <summary>Path of the target, without its query.</summary>
    public ReadOnlySpan<char> Path
    {
        get
        {
            var target = RawTarget.AsSpan();
            var query = target.IndexOf('?');
            return query < 0 ? target : target[..query];
        }
    }

    public string Scheme => _request.Scheme;

    public IHeaderDictionary RequestHeaders => _request.Headers;

    /// <summary>Host as the visitor wrote it, with a port if there was one.</summary>
    public string Authority => _request.Headers.Host.ToString();

    public ReadOnlySpan<char> Hostname
    {
        get
        {
            var host = Authority.AsSpan();
            var colon = host.LastIndexOf(':');
            host = colon > 0 && !host[colon..].Contains(']') ? host[..colon] : host;
            return host.TrimEnd('.');
        }
    }

    /// <summary>The visitor's address as text; IPv4 also where the listener takes both families.</summary>
    public ReadOnlySpan<byte> AddressText
    {
        get
        {
            var address = _features.Get<IHttpConnectionFeature>()?.RemoteIpAddress;
            if (_addressText.Length == 0 || !ReferenceEquals(address, _address))
            {
                _address = address;
                _addressText = Encoding.ASCII.GetBytes(address switch
                {
                    null => "unknown",
                    { IsIPv4MappedToIPv6: true } => address.MapToIPv4().ToString(),
                    _ => address.ToString(),
                });
            }

            return _addressText;
        }
    }

    public bool MayHaveBody => _features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? true;

    public PipeReader RequestBody => _features.GetRequiredFeature<IRequestBodyPipeFeature>().Reader;

    public PipeWriter ResponseBody => _responseBody.Writer;

    public IHeaderDictionary ResponseHeaders => _response.Headers;

    public bool ResponseStarted => _response.HasStarted;

    public CancellationToken Aborted => _features.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted;

    public IHttpUpgradeFeature? Upgrade => _features.Get<IHttpUpgradeFeature>();

    public IHttpResponseTrailersFeature? Trailers => _features.Get<IHttpResponseTrailersFeature>();

    public int Status
    {
        get => _response.StatusCode;
        set => _response.StatusCode = value;
    }

    /// <summary>Begins a request.</summary>
    public void Attach(IFeatureCollection features)
    {
        _features = features;
        _request = features.GetRequiredFeature<IHttpRequestFeature>();
        _response = features.GetRequiredFeature<IHttpResponseFeature>();
        _responseBody = features.GetRequiredFeature<IHttpResponseBodyFeature>();
        Ray = RayId.Create(location);
        TunnelId = ConnectionId = Guid.Empty;
        WasCut = false;
        Received.Reset();
        Sent.Reset();
    }

    /// <summary>Cuts the connection or stream, so that the visitor sees an aborted response.</summary>
    public void Abort()
    {
        WasCut = true;
        _features.GetRequiredFeature<IHttpRequestLifetimeFeature>().Abort();
    }

    /// <summary>The node answers by itself, and nobody is to keep the answer.</summary>
    /// <param name="error">What is counted; its status is sent.</param>
    /// <param name="contentType">What the body is.</param>
    /// <param name="body">Sent unless the method is HEAD.</param>
    public async Task AnswerAsync(EdgeError error, string contentType, ReadOnlyMemory<byte> body)
    {
        Status = error.Status;
        metrics.Answered(error);
        Span?.Set("error.type", error.Code);
        ResponseHeaders.ContentType = contentType;
        ResponseHeaders.CacheControl = "no-store";
        ResponseHeaders.ContentLength = body.Length;
        if (Method != "HEAD")
        {
            await ResponseBody.WriteAsync(body, Aborted).ConfigureAwait(false);
            Sent.Add(body.Length);
        }
    }

    /// <summary>Drops a response that was prepared but not sent.</summary>
    public void ResetResponse()
    {
        _response.Headers.Clear();
        _response.StatusCode = StatusCodes.Status200OK;
        _response.ReasonPhrase = null;
    }
}
