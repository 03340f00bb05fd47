using System.Net;
using System.Net.Sockets;
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
        },
        NullLogger.Instance);

    [Fact]
    public async Task Connector_is_ready_from_its_first_connection_on()
    {
        await using var server = await StartAsync(AnyPort);
        Assert.Equal(
            (HttpStatusCode.ServiceUnavailable, Readiness(503, 0), "text/plain; charset=utf-8"), await GetAsync(server, "/ready"));
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
        Assert.Contains("cloudflared_tunnel_tunnel_register_fail{error=\"dup_edge_conn\",rpcName=\"registerConnection\"} 1", lines);
        Assert.Contains("cloudflared_tunnel_total_requests 0", lines);
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
        address, new MetricsApplication(_connector, "https://name.example"), NullLogger.Instance);

    private void Change(byte index, ConnectionState to) =>
        _connector.Connections.Changed(new ConnectionChange(index, ConnectionState.Registering, to));

    private async Task<(HttpStatusCode Status, string Body, string? Type)> GetAsync(MetricsServer server, string path)
    {
        using var response = await _client.GetAsync(new Uri($"http://{server.Address}{path}"));
        return (response.StatusCode, await response.Content.ReadAsStringAsync(), response.Content.Headers.ContentType?.ToString());
    }

    private string Readiness(int status, int connections) =>
        $"{{\"status\":{status},\"readyConnections\":{connections},\"connectorId\":\"{_connector.Id}\"}}";
}
