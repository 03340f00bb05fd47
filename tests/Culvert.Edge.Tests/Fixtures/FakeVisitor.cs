using System.Net;
using System.Text;
using Culvert.Edge.Metrics;
using Culvert.Edge.Visitors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Culvert.Edge.Tests.Fixtures;

/// <summary>A request without a server: the test sets its features and reads what was answered.</summary>
internal sealed class FakeVisitor
{
    public FakeVisitor(string method = "GET", string target = "/", string host = "demo.example")
    {
        Request = new HttpRequestFeature { Method = method, RawTarget = target, Scheme = "http", Protocol = "HTTP/1.1" };
        Request.Headers.Host = host;
        Features.Set<IHttpRequestFeature>(Request);
        Features.Set<IHttpResponseFeature>(Response);
        Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(Body));
        Features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature());
        Features.Set<IHttpConnectionFeature>(Connection);
        Visitor = new Visitor("LCL", new EdgeMetrics());
        Visitor.Attach(Features);
    }

    public FeatureCollection Features { get; } = new();

    public HttpRequestFeature Request { get; }

    public HttpResponseFeature Response { get; } = new();

    public HttpConnectionFeature Connection { get; } = new() { RemoteIpAddress = IPAddress.Parse("192.0.2.7") };

    public MemoryStream Body { get; } = new();

    public Visitor Visitor { get; }

    public string BodyText => Encoding.UTF8.GetString(Body.ToArray());

    /// <summary>Makes the request one that the server could upgrade.</summary>
    public void AllowUpgrade(bool allowed = true) => Features.Set<IHttpUpgradeFeature>(new Upgradable(allowed));

    private sealed record Upgradable(bool IsUpgradableRequest) : IHttpUpgradeFeature
    {
        public Task<Stream> UpgradeAsync() => throw new NotSupportedException();
    }
}
