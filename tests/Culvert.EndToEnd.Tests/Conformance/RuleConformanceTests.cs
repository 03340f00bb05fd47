using Culvert.Edge.Certificates;
using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Snapshots;
using Culvert.Transports.Headers;

namespace Culvert.EndToEnd.Tests.Conformance;

/// <summary>What rules and their settings do to a request (http2-and-proxy, section 13.1, C-27, C-28, C-42 to C-44).</summary>
public sealed class RuleConformanceTests : IDisposable
{
    private const string Empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("culvert-rules-");
    private readonly EdgeCertificates _certificates = EdgeCertificates.CreateInMemory(DateTimeOffset.UtcNow);

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C27_Host_header_of_the_rule_replaces_the_visitors_which_moves(string transport)
    {
        var head = new TaskCompletionSource<string>();
        await using var origin = RawOrigin.Start(async peer =>
        {
            head.TrySetResult(await peer.ReadHeadAsync());
            await peer.WriteAsync(Empty);
        });
        await using var edge = await StartAsync(
            transport, Rule(UrlOf(origin), settings: new OriginRequestOverrides { HttpHostHeader = "inner.example:81" }));
        await edge.AskAsync(host: "demo.example:8443");

        var lines = (await head.Task.InTime()).Split("\r\n");
        Assert.Contains("Host: inner.example:81", lines);
        Assert.Contains("X-Forwarded-Host: demo.example:8443", lines);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C28_Rules_match_the_decoded_path_and_origins_get_it_as_it_was(string transport)
    {
        var heads = new List<string>();
        await using var origin = RawOrigin.Start(async peer =>
        {
            while (true)
            {
                heads.Add(await peer.ReadHeadAsync());
                await peer.WriteAsync(Empty);
            }
        });
        await using var edge = await StartAsync(
            transport, Rule(UrlOf(origin), path: "^/a b/c$"), Rule(UrlOf(origin), "Upper.example"), Rule("http_status:404"));

        Assert.Equal(200, (await edge.AskAsync("GET /a%20b%2Fc?d=%20")).Status);
        Assert.Equal(404, (await edge.AskAsync("GET /a%2520b/c")).Status);
        Assert.Equal(200, (await edge.AskAsync("GET /any", host: "Upper.example:8080")).Status);
        Assert.Equal(404, (await edge.AskAsync("GET /any", host: "Upper.example.other")).Status);
        Assert.Equal(
            ["GET /a%20b%2Fc?d=%20 HTTP/1.1", "GET /any HTTP/1.1"],
            heads.Select(head => head[..head.IndexOf('\r', StringComparison.Ordinal)]));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C42_Without_rules_every_request_is_503_of_the_origin(string transport)
    {
        await using var edge = await ScriptedEdge.StartAsync(
            transport, RawOrigin.NobodysAddress,
        o => o with { Ingress = IngressSnapshot.WithoutRules(OriginRequest.Default) });
        var answer = await edge.AskAsync("POST /", body: "unread");

        Assert.Equal((503, "", ResponseSource.Origin), (answer.Status, answer.Body, answer.Source));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C42_Fixed_status_of_a_rule_answers_what_the_rule_matches(string transport)
    {
        await using var edge = await StartAsync(
            transport, Rule("http_status:418", "*.example", "^/tea"), Rule("http_status:503"));

        Assert.Equal(418, (await edge.AskAsync("GET /teapot", host: "kitchen.example")).Status);
        Assert.Equal(503, (await edge.AskAsync("GET /coffee", host: "kitchen.example")).Status);
        Assert.Equal(503, (await edge.AskAsync("GET /teapot", host: "example")).Status);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C43_Certificate_of_the_origin_is_verified_unless_the_rule_says_otherwise(string transport)
    {
        await using var origin = EchoingOrigin.BehindTls(_certificates.Server);
        var authority = Path.Combine(_folder.FullName, "ca.pem");
        await File.WriteAllTextAsync(authority, _certificates.Authority.ExportCertificatePem());
        var named = new OriginRequestOverrides { CaPool = authority, OriginServerName = "h2.cftunnel.com" };
        var url = $"https://127.0.0.1:{origin.Port}";
        await using var edge = await StartAsync(
            transport,
            Rule(url, "careless.example", settings: new OriginRequestOverrides { NoTlsVerify = true }),
            Rule(url, "named.example", settings: named),
            Rule(url, "unnamed.example", settings: new OriginRequestOverrides { CaPool = authority }),
            Rule(url));

        Assert.Equal(200, (await edge.AskAsync(host: "careless.example")).Status);
        Assert.Equal(200, (await edge.AskAsync(host: "named.example")).Status);
        Assert.NotEqual(200, (await edge.AskAsync(host: "unnamed.example")).Status);
        Assert.NotEqual(200, (await edge.AskAsync(host: "other.example")).Status);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C44_Unix_socket_gets_the_visitors_host_whatever_the_rule_says(string transport)
    {
        var path = Path.Combine(_folder.FullName, "web.sock");
        await using var origin = EchoingOrigin.OnUnixSocket(path);
        await using var edge = await StartAsync(
            transport, Rule($"unix:{path}", settings: new OriginRequestOverrides { HttpHostHeader = "other.example" }));

        Assert.Contains("\nHost: demo.example\n", (await edge.AskAsync("GET /page")).Body, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _certificates.Dispose();
        _folder.Delete(recursive: true);
    }

    private static string UrlOf(RawOrigin origin) => origin.Address.GetLeftPart(UriPartial.Authority);

    private static RuleDefinition Rule(
        string service, string hostname = "", string path = "", OriginRequestOverrides? settings = null) =>
        new() { Service = service, Hostname = hostname, Path = path, OriginRequest = settings ?? OriginRequestOverrides.None };

    private static Task<ScriptedEdge> StartAsync(string transport, params RuleDefinition[] rules) => ScriptedEdge.StartAsync(
        transport, RawOrigin.NobodysAddress,
        o => o with { Ingress = IngressSnapshot.Create(rules, OriginRequestOverrides.None) });
}
