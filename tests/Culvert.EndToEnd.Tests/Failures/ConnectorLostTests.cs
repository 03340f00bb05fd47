using System.Text.Json;

namespace Culvert.EndToEnd.Tests.Failures;

public sealed class ConnectorLostTests
{
    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Connector_that_dies_before_the_head_gives_530(string transport)
    {
        var arrived = new TaskCompletionSource();
        await using var origin = RawOrigin.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            arrived.TrySetResult();
            await peer.ReadToEndAsync();
        });
        await using var edge = await TestEdge.StartAsync();
        var (credentials, hostname) = edge.AddTunnel();
        await using var connector = await ConnectorProcess.StartAsync(edge, credentials, transport, origin.Address);
        using var visitor = edge.CreateVisitor(hostname);
        visitor.DefaultRequestHeaders.Add("Accept", "application/json");
        var answer = visitor.GetAsync("/");
        await arrived.Task.InTime();

        connector.Kill();

        using var response = await answer;
        Assert.Equal(530, (int)response.StatusCode);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal("connector-lost", json.RootElement.GetProperty("error").GetString());
        await Deadline.UntilAsync(() => edge.Connections(hostname).Count == 0, "the connection was forgotten");
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Connector_that_dies_in_the_body_is_an_aborted_response(string transport)
    {
        await using var origin = RawOrigin.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
            await peer.ReadToEndAsync();
        });
        await using var edge = await TestEdge.StartAsync();
        var (credentials, hostname) = edge.AddTunnel();
        await using var connector = await ConnectorProcess.StartAsync(edge, credentials, transport, origin.Address);
        await using var visitor = await edge.ConnectVisitorAsync();
        await visitor.WriteAsync($"GET / HTTP/1.1\r\nHost: {hostname}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", await visitor.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.Equal("5\r\nfirst\r\n", await visitor.ReadAsync(10));

        connector.Kill();

        var (rest, _) = await visitor.ReadToEndAsync();
        Assert.Equal("", rest);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Connection_that_the_edge_closes_gives_530_to_its_requests(string transport)
    {
        var arrived = new TaskCompletionSource();
        await using var origin = RawOrigin.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            arrived.TrySetResult();
            await peer.ReadToEndAsync();
        });
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        var answer = tunnel.Visitor.GetAsync("/");
        await arrived.Task.InTime();

        await tunnel.Connections[0].CloseAsync();

        using var response = await answer;
        Assert.Equal(530, (int)response.StatusCode);
    }
}
