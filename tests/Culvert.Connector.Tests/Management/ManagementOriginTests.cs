using System.Net;
using Culvert.Connector.Management;
using Culvert.Connector.Metrics;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Transports.Streams;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Connector.Tests.Management;

public sealed class ManagementOriginTests
{
    private static readonly Guid Id = Guid.NewGuid();

    [Theory]
    [InlineData("/ping")]
    [InlineData("/logs")]
    [InlineData("/nowhere")]
    [InlineData("/ping?access_token=")]
    [InlineData("/ping?access_token=eyJ")]
    [InlineData("/ping?accesstoken=x")]
    public async Task C25_WithoutATokenEveryRouteIsRefused(string target)
    {
        var (head, body) = await AskAsync("GET", target);

        Assert.Equal("400", head[0]);
        Assert.Equal("""{"errors":[{"code":1001,"message":"missing access_token query parameter"}]}""", body);
    }

    [Theory]
    [InlineData("GET", "/ping", "200")]
    [InlineData("HEAD", "/ping", "200")]
    [InlineData("POST", "/ping", "405", "GET, HEAD")]
    [InlineData("OPTIONS", "/ping", "405", "GET, HEAD")]
    [InlineData("HEAD", "/host_details", "405", "GET")]
    [InlineData("POST", "/metrics", "405", "GET")]
    [InlineData("POST", "/logs", "405", "GET")]
    [InlineData("GET", "/logs", "426")]
    [InlineData("GET", "/", "404")]
    [InlineData("GET", "/debug/pprof/heap", "404")]
    [InlineData("GET", "/Ping", "404")]
    public async Task C25_RouteAnswersAsInTheOriginal(string method, string path, string status, string? allow = null)
    {
        var (head, _) = await AskAsync(method, $"{path}?access_token={TestTokens.Valid}");

        Assert.Equal(status, head[0]);
        Assert.Equal(
            allow is null ? null : $"Allow: {allow}",
            head.FirstOrDefault(field => field.StartsWith("Allow:", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task S11_15_HostDetailsNameTheConnector()
    {
        var (head, body) = await AskAsync("GET", "/host_details?access_token=" + TestTokens.Valid);

        Assert.Contains("Content-Type: application/json", head);
        Assert.Equal($$"""{"connector_id":"{{Id}}","ip":"127.0.0.1","hostname":"custom:test"}""", body);
        Assert.Equal(Dns.GetHostName(), HostDetails.Name(""));
    }

    [Theory]
    [InlineData(true, "200")]
    [InlineData(false, "404")]
    public async Task C25_MetricsVanishWithTheDiagnostics(bool diagnostics, string status)
    {
        var (head, body) = await AskAsync("GET", "/metrics?access_token=" + TestTokens.Valid, diagnostics: diagnostics);

        Assert.Equal(status, head[0]);
        Assert.Equal(diagnostics, body.Contains("# HELP build_info Build and version information", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("https://dash.cloudflare.com", true)]
    [InlineData("https://dash.cloudflare.com.evil.example", false)]
    [InlineData("http://dash.cloudflare.com", false)]
    [InlineData("https://.cloudflare.com", false)]
    [InlineData("https://evil.example", false)]
    public async Task C25_KnownPagesMayReadAnswersAndListen(string origin, bool known)
    {
        var (head, _) = await AskAsync("GET", "/ping?access_token=" + TestTokens.Valid, origin);
        Assert.Equal(known, head.Contains($"Access-Control-Allow-Origin: {origin}"));
        Assert.Equal(known, head.Contains("Access-Control-Allow-Credentials: true"));

        using var stream = new FakeEdgeStream("GET", "management.argotunnel.com", "/logs?access_token=" + TestTokens.Valid);
        stream.Request.Kind = StreamKind.WebSocket;
        stream.Request.Headers.Add("origin", origin);
        var serving = Create(diagnostics: true).ServeAsync(stream, stream.Aborted);
        await stream.HeadCame;
        Assert.Equal(known ? "101" : "403", stream.Head![0]);
        Assert.DoesNotContain(stream.Head, field => field.StartsWith("Access-Control", StringComparison.Ordinal));
        stream.GiveUp();
        await serving;
    }

    private static async Task<(string[] Head, string Body)> AskAsync(
        string method, string target, string? origin = null, bool diagnostics = true)
    {
        using var stream = new FakeEdgeStream(method, "management.argotunnel.com", target);
        if (origin is not null)
        {
            stream.Request.Headers.Add("origin", origin);
        }

        await Create(diagnostics).ServeAsync(stream, CancellationToken.None);
        return (stream.Head!, await stream.ReadToEndAsync());
    }

    private static ManagementOrigin Create(bool diagnostics)
    {
        var options = new ManagementOptions { Label = "test", Diagnostics = diagnostics };
        var logs = new LogEndpoint(
            new StreamedLogger(NullLogger.Instance).Stream, options.PingPeriod, TimeProvider.System, default);
        return new ManagementOrigin(options, Id, new IPEndPoint(IPAddress.Loopback, 1), new ConnectorMetrics("test"), logs);
    }
}
