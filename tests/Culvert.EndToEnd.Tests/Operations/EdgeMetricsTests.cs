using System.Net;
using System.Text.Json;
using Culvert.Edge.AccessLogs;

namespace Culvert.EndToEnd.Tests.Operations;

/// <summary>What an edge node tells its operators of the requests that it carries.</summary>
public sealed class EdgeMetricsTests
{
    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Request_is_in_the_metrics_and_in_the_access_log(string transport)
    {
        var log = Path.Combine(Path.GetTempPath(), $"culvert-access-{Guid.NewGuid():N}.log");
        try
        {
            await using var origin = RawOrigin.Start(async peer =>
            {
                await peer.ReadHeadAsync();
                await peer.WriteAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone");
            });
            await using var tunnel = await Tunnel.StartAsync(transport, origin.Address, edge => edge with
            {
                MetricsAddress = new([new IPEndPoint(IPAddress.Loopback, 0)]),
                AccessLog = new AccessLogOptions(log),
            });
            using (var answer = await tunnel.Visitor.PostAsync("/a/b?secret=1", new ByteArrayContent(new byte[10])))
            {
                Assert.Equal("none", await answer.Content.ReadAsStringAsync());
            }

            // A request is counted when its visitor may have its answer already.
            await tunnel.Edge.CountedAsync("culvert_edge_request_duration_seconds_count 1");
            using (var unknown = await tunnel.Edge.CreateVisitor("nobody.example").GetAsync("/"))
            {
                Assert.Equal(530, (int)unknown.StatusCode);
            }

            var counted = await tunnel.Edge.CountedAsync("culvert_edge_request_duration_seconds_count 2");
            Assert.Contains($"culvert_edge_connections{{protocol=\"{transport}\"}} 1", counted);
            Assert.Contains("culvert_edge_requests_total{class=\"4xx\"} 1", counted);
            Assert.Contains("culvert_edge_requests_total{class=\"5xx\"} 1", counted);
            Assert.Contains("culvert_edge_request_errors_total{code=\"unknown-hostname\"} 1", counted);
            Assert.Contains("culvert_edge_open_requests 0", counted);
            Assert.Contains("culvert_edge_visitor_bytes_total{direction=\"received\"} 10", counted);
            Assert.Contains("culvert_edge_tunnels{kind=\"quick\"} 1", counted);
            Assert.Contains("culvert_edge_tunnels_served 1", counted);
            Assert.Contains("culvert_edge_registrations_total{protocol=\"" + transport + "\"} 1", counted);
            Assert.Contains("culvert_edge_draining 0", counted);

            var connection = Assert.Single(tunnel.Connections).Id;
            await tunnel.Edge.Node.StopAsync(CancellationToken.None).InTime();
            var lines = (await File.ReadAllLinesAsync(log)).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
            Assert.Equal(2, lines.Length);
            Assert.Equal(
                (tunnel.Hostname, "POST", "/a/b"), (Text(lines[0], "host"), Text(lines[0], "method"), Text(lines[0], "path")));
            Assert.Equal((404, 10, 4), (Number(lines[0], "status"), Number(lines[0], "received"), Number(lines[0], "sent")));
            Assert.Equal(connection, lines[0].GetProperty("connection").GetGuid());
            Assert.Equal(tunnel.Credentials.TunnelId, lines[0].GetProperty("tunnelID").GetGuid());
            Assert.EndsWith("-LCL", Text(lines[0], "cfRay"), StringComparison.Ordinal);
            Assert.Equal(530, Number(lines[1], "status"));
            Assert.False(lines[1].TryGetProperty("tunnelID", out _));
        }
        finally
        {
            File.Delete(log);
        }
    }

    [Theory]
    [InlineData("/healthcheck", HttpStatusCode.OK, "OK\n")]
    [InlineData("/", HttpStatusCode.NotFound, "404 page not found\n")]
    [InlineData("/ready", HttpStatusCode.OK, "{\"status\":200,\"connections\":0,\"tunnels\":0,\"draining\":false}")]
    public async Task Route_answers(string path, HttpStatusCode status, string body)
    {
        await using var edge = await TestEdge.StartAsync(
            options => options with { MetricsAddress = new([new IPEndPoint(IPAddress.Loopback, 0)]) });
        using var operators = new HttpClient { Timeout = Deadline.Limit };
        using var answer = await operators.GetAsync(new Uri($"http://{edge.Node.MetricsEndPoint}{path}"));

        Assert.Equal((status, body), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    private static string? Text(JsonElement line, string key) => line.GetProperty(key).GetString();

    private static int Number(JsonElement line, string key) => line.GetProperty(key).GetInt32();
}
