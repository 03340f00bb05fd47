using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Culvert.Connector.Metrics;
using Culvert.Connector.Supervision;
using Culvert.Engine.Metrics;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Transports.Credentials;
using Culvert.Transports.Tls;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Connector.Tests.Metrics;

public sealed class MetricsServerTests : IDisposable
{
    private static readonly MetricsAddress AnyPort = new([new IPEndPoint(IPAddress.Loopback, 0)]);

    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(20) };
    private readonly Connector _connector = new(
        new ConnectorOptions
        {
            Credentials = new TunnelCredentials("acct", Guid.NewGuid(), new byte[] { 1, 2, 3 }),
            EdgeAddresses = [new IPEndPoint(IPAddress.Loopback, 1)],
            Trust = EdgeTrust.Default(),
            Ingress = IngressSnapshot.CatchAll(new OriginService.Status(404)),
            DiagnosticSettings = new Dictionary<string, string> { ["protocol"] = "quic", ["logfile"] = "relative.log" },
        },
        NullLogger.Instance);

    [Fact]
    public async Task Connector_is_ready_from_its_first_connection_on()
    {
        await using var server = await StartAsync(AnyPort);
        Assert.Equal(
            (HttpStatusCode.ServiceUnavailable, Readiness(503, 0), "text/plain; charset=utf-8"),
            await GetAsync(server, "/ready"));
        Change(0, ConnectionState.Serving);
        Change(1, ConnectionState.Serving);
        Assert.Equal((HttpStatusCode.OK, Readiness(200, 2), "text/plain; charset=utf-8"), await GetAsync(server, "/ready"));
        Change(0, ConnectionState.Waiting);
        Change(1, ConnectionState.Draining);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await GetAsync(server, "/ready")).Status);
    }

    [Theory]
    [InlineData("/healthcheck", HttpStatusCode.OK, "OK\n")]
    [InlineData("/quicktunnel", HttpStatusCode.OK, "{\"hostname\":\"name.example\"}")]
    [InlineData("/debug/pprof/cmdline", HttpStatusCode.Forbidden, "forbidden\n")]
    [InlineData("/diag/", HttpStatusCode.NotFound, "404 page not found\n")]
    [InlineData("/", HttpStatusCode.NotFound, "404 page not found\n")]
    [InlineData("/metrics/", HttpStatusCode.NotFound, "404 page not found\n")]
    public async Task Route_answers_as_in_the_original(string path, HttpStatusCode status, string body)
    {
        await using var server = await StartAsync(AnyPort);

        var answer = await GetAsync(server, path);
        Assert.Equal((status, body), (answer.Status, answer.Body));
    }

    [Fact]
    public async Task Metrics_are_in_the_text_format()
    {
        await using var server = await StartAsync(AnyPort);
        _connector.Metrics.Registered(0, "fra01");
        _connector.Metrics.Registered(0, "ams01");
        _connector.Metrics.RegistrationFailed(isDuplicate: true);
        var (status, body, type) = await GetAsync(server, "/metrics");
        var lines = body.Split('\n');

        Assert.Equal((HttpStatusCode.OK, "text/plain; version=0.0.4; charset=utf-8"), (status, type));
        Assert.Contains("# HELP build_info Build and version information", lines);
        Assert.Contains(lines, line => line.StartsWith("build_info{", StringComparison.Ordinal));
        Assert.Contains("cloudflared_tunnel_server_locations{connection_id=\"0\",edge_location=\"fra01\"} 0", lines);
        Assert.Contains("cloudflared_tunnel_server_locations{connection_id=\"0\",edge_location=\"ams01\"} 1", lines);
        Assert.Contains(
            "cloudflared_tunnel_tunnel_register_fail{error=\"dup_edge_conn\",rpcName=\"registerConnection\"} 1", lines);
        Assert.Contains("cloudflared_tunnel_total_requests 0", lines);
    }

    [Fact]
    public async Task C22_TunnelStateListsWhatIsConnectedWithoutZeroValues()
    {
        await using var server = await StartAsync(AnyPort);
        var (tunnel, connector) = (_connector.Options.Credentials.TunnelId, _connector.Id);
        Assert.Equal(
            (HttpStatusCode.OK, $$"""{"tunnelID":"{{tunnel}}","connectorID":"{{connector}}"}""", "application/json"),
            await GetAsync(server, "/diag/tunnel"));
        foreach (var (index, protocol, state) in new[]
        {
            (0, "http2", ConnectionState.Serving), (1, "quic", ConnectionState.Serving), (2, "quic", ConnectionState.Dialling),
        })
        {
            _connector.Connections.Dialling((byte)index, protocol, new IPEndPoint(IPAddress.Loopback, 7844));
            _connector.Connections.Changed(new ConnectionChange((byte)index, ConnectionState.Idle, state));
        }

        Assert.Equal(
            $$"""{"tunnelID":"{{tunnel}}","connectorID":"{{connector}}","connections":[{"isConnected":true,"edgeAddress":"127.0.0.1"},"""
                + """{"isConnected":true,"protocol":1,"edgeAddress":"127.0.0.1","index":1}]}""",
            (await GetAsync(server, "/diag/tunnel")).Body);
    }

    [Fact]
    public async Task C22_SettingsAreShownWithTheUser()
    {
        await using var server = await StartAsync(AnyPort);
        var (status, body, type) = await GetAsync(server, "/diag/configuration");

        Assert.Equal((HttpStatusCode.OK, "application/json"), (status, type));
        Assert.Matches("""^{"logfile":"/.*/relative[.]log","protocol":"quic","uid":"[0-9]+"}$""", body);
    }

    [Fact]
    public async Task C22_SystemIsDescribedWithoutErrors()
    {
        await using var server = await StartAsync(AnyPort);
        using var report = JsonDocument.Parse((await GetAsync(server, "/diag/system")).Body);
        var info = report.RootElement.GetProperty("info");

        Assert.Equal("{}", report.RootElement.GetProperty("errors").GetRawText());
        Assert.InRange(info.GetProperty("memoryCurrent").GetInt64(), 1, info.GetProperty("memoryMaximum").GetInt64());
        Assert.InRange(
            info.GetProperty("fileDescriptorCurrent").GetInt64(), 1, info.GetProperty("fileDescriptorMaximum").GetInt64());
        Assert.Equal("Linux", info.GetProperty("osSystem").GetString());
        Assert.All(
            new[] { "hostName", "osVersion", "osRelease", "architecture", "cloudflaredVersion", "goVersion", "goArch" },
            name => Assert.NotEmpty(info.GetProperty(name).GetString()!));
        var disk = info.GetProperty("disk")[0];
        Assert.NotEmpty(disk.GetProperty("name").GetString()!);
        Assert.InRange(disk.GetProperty("sizeCurrent").GetInt64(), 0, disk.GetProperty("sizeMaximum").GetInt64());
    }

    [Fact]
    public async Task Runtime_is_described()
    {
        await using var server = await StartAsync(AnyPort);
        using var report = JsonDocument.Parse((await GetAsync(server, "/diag/runtime")).Body);

        Assert.InRange(report.RootElement.GetProperty("workingSet").GetInt64(), 1_000_000, long.MaxValue);
        Assert.Equal(GC.MaxGeneration + 1, report.RootElement.GetProperty("collections").GetArrayLength());
    }

    [Fact]
    public async Task Port_in_use_is_passed_over_when_there_is_another()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        await using var server = await StartAsync(new MetricsAddress([(IPEndPoint)taken.LocalEndpoint, .. AnyPort.EndPoints]));

        Assert.NotEqual(((IPEndPoint)taken.LocalEndpoint).Port, server.Address.Port);
        Assert.Equal("OK\n", (await GetAsync(server, "/healthcheck")).Body);
    }

    [Fact]
    public async Task Port_in_use_is_named_when_there_is_no_other()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        var error = await Assert.ThrowsAsync<MetricsServerException>(
            () => StartAsync(new MetricsAddress([(IPEndPoint)taken.LocalEndpoint])));
        Assert.Contains(taken.LocalEndpoint.ToString()!, error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _client.Dispose();

    private Task<MetricsServer> StartAsync(MetricsAddress address) =>
        MetricsServer.StartAsync(
        address, new MetricsApplication(_connector, "https://name.example", NullLogger.Instance), NullLogger.Instance);

    private void Change(byte index, ConnectionState to) =>
        _connector.Connections.Changed(new ConnectionChange(index, ConnectionState.Registering, to));

    private async Task<(HttpStatusCode Status, string Body, string? Type)> GetAsync(MetricsServer server, string path)
    {
        using var response = await _client.GetAsync(new Uri($"http://{server.Address}{path}"));
        return (
            response.StatusCode, await response.Content.ReadAsStringAsync(), response.Content.Headers.ContentType?.ToString());
    }

    private string Readiness(int status, int connections) =>
        $"{{\"status\":{status},\"readyConnections\":{connections},\"connectorId\":\"{_connector.Id}\"}}";
}
