using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Culvert.Edge.Visitors;

/// <summary>One request of a visitor, read straight from the server's features.</summary>
internal sealed class Visitor
{
    private readonly IFeatureCollection _features;
    private readonly IHttpRequestFeature _request;
    private readonly IHttpResponseFeature _response;
    private readonly IHttpResponseBodyFeature _responseBody;

    public Visitor(IFeatureCollection features, string location)
    {
        _features = features;
        _request = features.GetRequiredFeature<IHttpRequestFeature>();
        _response = features.GetRequiredFeature<IHttpResponseFeature>();
        _responseBody = features.GetRequiredFeature<IHttpResponseBodyFeature>();
        Ray = string.Create(
            CultureInfo.InvariantCulture, $"{BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)):x16}-{location}");
    }

    /// <summary>Id of the request in headers, logs and error pages: 16 hexadecimal digits and the node's location.</summary>
    public string Ray { get; }

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

    public IPAddress? Address => _features.Get<IHttpConnectionFeature>()?.RemoteIpAddress;

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
