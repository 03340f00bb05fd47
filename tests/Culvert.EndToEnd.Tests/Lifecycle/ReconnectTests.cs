using Culvert.Edge.Certificates;
using Culvert.Transports.Credentials;
using StaticTunnel = Culvert.Edge.Tunnels.StaticTunnel;

namespace Culvert.EndToEnd.Tests.Lifecycle;

// Alone, because nobody else may take the port of an edge between its two lives.
[Collection(AloneCollection.Name)]
public sealed class ReconnectTests
{
    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Connector_comes_back_after_the_edge_closed_its_connection(string transport)
    {
        await using var origin = RawOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nback");
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        var old = Assert.Single(tunnel.Connections);

        await old.CloseAsync();

        await Deadline.UntilAsync(() => tunnel.Connections is [var current] && current != old, "a new connection");
        Assert.Equal(old.ConnectorId, tunnel.Connections[0].ConnectorId);
        Assert.Equal("back", await tunnel.Visitor.GetStringAsync("/"));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Connector_comes_back_to_an_edge_that_was_restarted_on_the_same_port(string transport)
    {
        const string Hostname = "fixed.example.org";
        await using var origin = RawOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nback");
        using var certificates = EdgeCertificates.CreateInMemory(DateTimeOffset.UtcNow);
        var credentials = new TunnelCredentials("account", Guid.NewGuid(), Pattern.Bytes(0, 32));
        var edge = await TestEdge.StartAsync(o => o with { Tunnels = [new StaticTunnel(Hostname, credentials)] }, certificates);
        var port = edge.Node.ConnectorEndPoint;
        await using var connector = await RunningConnector.StartAsync(edge, credentials, transport, origin.Address);

        await edge.DisposeAsync();
        await using var restarted = await TestEdge.StartAsync(
            o => o with { ConnectorAddress = port, Tunnels = [new StaticTunnel(Hostname, credentials)] }, certificates);

        await Deadline.UntilAsync(() => restarted.Connections(Hostname).Count == 1, "the connector is back");
        using var visitor = restarted.CreateVisitor(Hostname);
        Assert.Equal("back", await visitor.GetStringAsync("/"));
    }
}
