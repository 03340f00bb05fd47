using System.Net.WebSockets;
using System.Text.Json;
using Culvert.Edge.Certificates;
using Culvert.Transports.Credentials;

namespace Culvert.EndToEnd.Tests.Ingress;

/// <summary>
/// A <c>config.yml</c> as <c>tunnel --config FILE run</c> serves it: with a rule for each kind of origin, and without rules
/// (ingress-and-config, section 11.20).
/// </summary>
public sealed class ConfigurationFileTests : IDisposable
{
    private const int MessageBytes = 100 * 1024;
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nweb";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("culvert-rules-");
    private readonly EdgeCertificates _certificates = EdgeCertificates.CreateInMemory(DateTimeOffset.UtcNow);

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Each_rule_is_answered_by_its_own_origin(string transport)
    {
        await using var web = RawOrigin.Answering(Ok);
        await using var local = EchoingOrigin.OnUnixSocket(PathOf("web.sock"));
        await using var secure = EchoingOrigin.BehindTls(_certificates.Server);
        await using var shell = RawOrigin.Start(async peer =>
        {
            while (true)
            {
                await peer.WriteAsync(await peer.ReadAsync(MessageBytes));
            }
        });
        await File.WriteAllTextAsync(PathOf("ca.pem"), _certificates.Authority.ExportCertificatePem());
        await using var edge = await TestEdge.StartAsync();
        var (credentials, hostname) = edge.AddTunnel();
        await using var process = await StartAsync(edge, credentials, $"""
            protocol: {transport}
            originRequest:
              connectTimeout: 10s
            ingress:
              - hostname: {hostname}
                path: ^/web/
                service: {web.Address.GetLeftPart(UriPartial.Authority)}
              - hostname: other.example
                service: http_status:500
              - hostname: "*{hostname[hostname.IndexOf('.', StringComparison.Ordinal)..]}"
                path: ^/wild
                service: http_status:418
              - path: ^/socket
                service: unix:{PathOf("web.sock")}
              - path: ^/shell
                service: tcp://{shell.Address.Authority}
              - path: ^/named
                service: https://127.0.0.1:{secure.Port}
                originRequest:
                  caPool: {PathOf("ca.pem")}
                  originServerName: h2.cftunnel.com
              - path: ^/careless
                service: https://127.0.0.1:{secure.Port}
                originRequest:
                  noTLSVerify: true
              - path: ^/strict
                service: https://127.0.0.1:{secure.Port}
              - path: ^/secret
                service: {web.Address.GetLeftPart(UriPartial.Authority)}
                originRequest:
                  access:
                    required: true
                    teamName: team
                    audTag: [audience]
              - service: http_status:503
            """);
        using var visitor = edge.CreateVisitor(hostname);

        Assert.Equal("web", await visitor.GetStringAsync("/web/page"));
        Assert.Equal(418, await StatusAsync(visitor, "/wild/card"));
        Assert.StartsWith("GET /socket?x=1 HTTP/1.1\n", await visitor.GetStringAsync("/socket?x=1"), StringComparison.Ordinal);
        Assert.StartsWith("GET /named HTTP/1.1\n", await visitor.GetStringAsync("/named"), StringComparison.Ordinal);
        Assert.StartsWith("GET /careless HTTP/1.1\n", await visitor.GetStringAsync("/careless"), StringComparison.Ordinal);
        Assert.Equal(502, await StatusAsync(visitor, "/strict"));
        Assert.Equal(403, await StatusAsync(visitor, "/secret"));
        Assert.Equal(503, await StatusAsync(visitor, "/anything/web/"));
        await ExchangeAsync(edge, hostname);
        Assert.Contains(process.Errors.Lines, line => line.Contains("request filtered by middleware", StringComparison.Ordinal));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task W01_Flag_serves_hello_world_where_the_file_has_no_rules(string transport)
    {
        await using var edge = await TestEdge.StartAsync();
        var (credentials, hostname) = edge.AddTunnel();
        await using var process = await StartAsync(edge, credentials, $"protocol: {transport}", "--hello-world");
        using var visitor = edge.CreateVisitor(hostname);

        Assert.Contains("Hello from Culvert", await visitor.GetStringAsync("/"), StringComparison.Ordinal);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task W02_Flag_names_the_origin_where_the_file_has_no_rules(string transport)
    {
        await using var web = RawOrigin.Answering(Ok);
        await using var edge = await TestEdge.StartAsync();
        var (credentials, hostname) = edge.AddTunnel();
        await using var process = await StartAsync(
            edge, credentials, $"protocol: {transport}", "--url", $"http://localhost:{web.Address.Port}/");
        using var visitor = edge.CreateVisitor(hostname);

        Assert.Equal("web", await visitor.GetStringAsync("/any"));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task W03_Without_rules_and_flags_every_request_is_answered_503(string transport)
    {
        await using var edge = await TestEdge.StartAsync();
        var (credentials, hostname) = edge.AddTunnel();
        await using var process = await StartAsync(edge, credentials, $"protocol: {transport}");
        using var visitor = edge.CreateVisitor(hostname);

        Assert.Equal(503, await StatusAsync(visitor, "/"));
        Assert.Equal(503, await StatusAsync(visitor, "/test"));
    }

    public void Dispose()
    {
        _certificates.Dispose();
        _folder.Delete(recursive: true);
    }

    // Two messages of 100 KiB there and back: whole, though they are larger than any buffer on the way.
    private static async Task ExchangeAsync(TestEdge edge, string hostname)
    {
        using var socket = new ClientWebSocket();
        using var client = new HttpMessageInvoker(edge.CreateHandler());
        await socket.ConnectAsync(new Uri($"ws://{hostname}/shell"), client, default).InTime();
        for (var round = 0; round < 2; round++)
        {
            var sent = Pattern.Bytes(round * 1000, MessageBytes);
            await socket.SendAsync(sent, WebSocketMessageType.Binary, endOfMessage: true, default).InTime();
            var received = new byte[MessageBytes];
            for (var count = 0; count < received.Length;)
            {
                var part = await socket.ReceiveAsync(received.AsMemory(count), default).InTime();
                Assert.Equal(WebSocketMessageType.Binary, part.MessageType);
                count += part.Count;
            }

            Assert.Equal(sent, received);
        }
    }

    private static async Task<int> StatusAsync(HttpClient visitor, string target)
    {
        using var response = await visitor.GetAsync(target);
        return (int)response.StatusCode;
    }

    private async Task<CulvertProcess> StartAsync(
        TestEdge edge, TunnelCredentials credentials, string configuration, params string[] flags)
    {
        await File.WriteAllTextAsync(PathOf("credentials.json"), JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["AccountTag"] = credentials.AccountTag,
            ["TunnelID"] = credentials.TunnelId,
            ["TunnelSecret"] = Convert.ToBase64String(credentials.Secret.Span),
        }));
        await File.WriteAllTextAsync(PathOf("config.yml"), $"""
            tunnel: {credentials.TunnelId}
            credentials-file: {PathOf("credentials.json")}
            {configuration}
            """);
        var process = CulvertProcess.Start(
        [
            "tunnel", "--config", PathOf("config.yml"), "--edge", edge.Node.ConnectorEndPoint.ToString(),
            "--cacert", edge.AuthorityFile, "run", .. flags,
        ]);
        await process.Errors.WaitForAsync("Registered tunnel connection");
        return process;
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
