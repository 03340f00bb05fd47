using System.Net;
using System.Net.Sockets;
using Culvert.Edge.Certificates;
using Culvert.Transports.Credentials;
using StaticTunnel = Culvert.Edge.Tunnels.StaticTunnel;

namespace Culvert.EndToEnd.Tests.Lifecycle;

/// <summary>An edge node that is asked to stop ends what it has begun, and sends its connectors to other nodes.</summary>
public sealed class EdgeDrainTests
{
    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Request_in_flight_completes_and_nothing_new_comes_in(string transport)
    {
        await using var origin = new HeldOrigin();
        await using var tunnel = await Tunnel.StartAsync(
            transport, origin.Address, edge => edge with { MetricsAddress = new([new IPEndPoint(IPAddress.Loopback, 0)]) });
        using var operators = new HttpClient { Timeout = Deadline.Limit };
        var ready = new Uri($"http://{tunnel.Edge.Node.MetricsEndPoint}/ready");
        Assert.Contains("\"status\":200,\"connections\":1", await operators.GetStringAsync(ready), StringComparison.Ordinal);
        var inFlight = tunnel.Visitor.GetAsync("/");
        await origin.ArrivedAsync(1);

        using var grace = new CancellationTokenSource();
        var stopping = tunnel.Edge.Node.StopAsync(grace.Token);

        await Deadline.UntilAsync(() => tunnel.Connections is [{ IsDraining: true }], "the connection drains");
        using (var told = await operators.GetAsync(ready))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, told.StatusCode);
        }

        using var late = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await Assert.ThrowsAsync<SocketException>(() => late.ConnectAsync(tunnel.Edge.Node.VisitorEndPoint));
        Assert.False(stopping.IsCompleted);

        origin.Answer();

        using var response = await inFlight;
        Assert.Equal("done", await response.Content.ReadAsStringAsync());
        await stopping.InTime();
        Assert.Empty(tunnel.Connections);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Connector_goes_to_another_node_at_once(string transport)
    {
        await using var origin = RawOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere");
        using var certificates = EdgeCertificates.CreateInMemory(DateTimeOffset.UtcNow);
        var known = new StaticTunnel("a.example.org", new TunnelCredentials("account", Guid.NewGuid(), Pattern.Bytes(0, 32)));
        await using var first = await TestEdge.StartAsync(edge => edge with { Tunnels = [known] }, certificates);
        await using var second = await TestEdge.StartAsync(edge => edge with { Tunnels = [known] }, certificates);
        await using var connector = await RunningConnector.StartAsync(
            first, known.Credentials, transport, origin.Address,
            options => options with
            {
                EdgeAddresses = [first.Node.ConnectorEndPoint, second.Node.ConnectorEndPoint],
                Connections = 1,
            });
        var (drained, other) = first.Connections(known.Hostname).Count == 1 ? (first, second) : (second, first);

        await drained.Node.StopAsync(CancellationToken.None).InTime();

        await Deadline.UntilAsync(() => other.Connections(known.Hostname).Count == 1, "the connector is at the other node");
        using var visitor = other.CreateVisitor(known.Hostname);
        Assert.Equal("here", await visitor.GetStringAsync("/"));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Grace_period_bounds_the_drain(string transport)
    {
        await using var origin = new HeldOrigin();
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        var stuck = tunnel.Visitor.GetAsync("/");
        await origin.ArrivedAsync(1);

        using var grace = new CancellationTokenSource();
        var stopping = tunnel.Edge.Node.StopAsync(grace.Token);
        await Deadline.UntilAsync(() => tunnel.Connections is [{ IsDraining: true }], "the connection drains");
        Assert.False(stopping.IsCompleted);
        await grace.CancelAsync();

        await stopping.InTime();
        await Assert.ThrowsAsync<HttpRequestException>(() => stuck);
    }
}
