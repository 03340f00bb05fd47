using System.IO.Pipelines;
using System.Net;
using System.Text;
using Culvert.Transports.Streams;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Culvert.Edge.Visitors;

/// <summary>
/// One request of a visitor, read straight from the server's features. The object stays with the visitor's connection and is used
/// for request after request.
/// </summary>
/// <param name="location">The node's location, for <see cref="Ray"/>.</param>
internal sealed class Visitor(string location)
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

    public string Method => _request.Method;

    public string RawTarget => _request.RawTarget;

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
    }

    /// <summary>Cuts the connection or stream, so that the visitor sees an aborted response.</summary>
    public void Abort() => _features.GetRequiredFeature<IHttpRequestLifetimeFeature>().Abort();

    /// <summary>Drops a response that was prepared but not sent.</summary>
    public void ResetResponse()
    {
        _response.Headers.Clear();
        _response.StatusCode = StatusCodes.Status200OK;
        _response.ReasonPhrase = null;
    }
}
