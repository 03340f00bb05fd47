namespace Culvert.EndToEnd.Tests.Lifecycle;

public sealed class BalancingTests
{
    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Requests_spread_evenly_over_two_connections_of_a_connector(string transport)
    {
        await using var origin = new HeldOrigin();
        await using var tunnel = await Tunnel.StartAsync(
            transport, origin.Address,
            connector: o => o with { Connections = 2, EdgeAddresses = [o.EdgeAddresses[0], o.EdgeAddresses[0]] });
        await Deadline.UntilAsync(() => tunnel.Connections.Count == 2, "both connections");
        Assert.Equal([0, 1], tunnel.Connections.Select(c => (int)c.Index).Order());
        await AssertEvenAsync(tunnel, origin);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Requests_spread_evenly_over_two_connectors(string transport)
    {
        await using var origin = new HeldOrigin();
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        await using var second = await RunningConnector.StartAsync(
            tunnel.Edge, tunnel.Credentials, transport, origin.Address);
        await Deadline.UntilAsync(() => tunnel.Connections.Count == 2, "both connectors");
        Assert.NotEqual(tunnel.Connections[0].ConnectorId, tunnel.Connections[1].ConnectorId);
        await AssertEvenAsync(tunnel, origin);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Second_connector_serves_on_when_the_first_one_stops(string transport)
    {
        await using var origin = RawOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstill");
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        await using var second = await RunningConnector.StartAsync(
            tunnel.Edge, tunnel.Credentials, transport, origin.Address);
        tunnel.Connector.Stop();
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("still", await tunnel.Visitor.GetStringAsync("/"));
        }

        await tunnel.Connector.Running.InTime();
        Assert.Equal("still", await tunnel.Visitor.GetStringAsync("/"));
    }

    // Requests come one after the other, each while all before it are open.
    private static async Task AssertEvenAsync(Tunnel tunnel, HeldOrigin origin)
    {
        var answers = new List<Task<string>>();
        for (var sent = 1; sent <= 6; sent++)
        {
            answers.Add(tunnel.Visitor.GetStringAsync("/"));
            await origin.ArrivedAsync(sent);
        }

        Assert.Equal([3, 3], tunnel.Connections.Select(c => c.OpenStreams));
        origin.Answer(answers.Count);
        Assert.All(await Task.WhenAll(answers), answer => Assert.Equal("done", answer));
    }
}
