using System.Net;

namespace Culvert.EndToEnd.Tests.Lifecycle;

public sealed class DrainTests
{
    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Request_in_flight_completes_and_new_ones_find_no_connector(string transport)
    {
        await using var origin = new HeldOrigin();
        await using var tunnel = await Tunnel.StartAsync(
            transport, origin.Address, connector: options => options with { GracePeriod = TimeSpan.FromMinutes(2) });
        var inFlight = tunnel.Visitor.GetAsync("/");
        await origin.ArrivedAsync(1);

        tunnel.Connector.Stop();

        await Deadline.UntilAsync(() => tunnel.Connections.All(c => c.IsDraining), "the connection was unregistered");
        using var refused = await tunnel.Visitor.GetAsync("/");
        Assert.Equal(530, (int)refused.StatusCode);
        Assert.False(tunnel.Connector.Running.IsCompleted);

        origin.Answer();

        using var response = await inFlight;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("done", await response.Content.ReadAsStringAsync());

        // In time is far less than the grace period: the connector ends with its last request.
        await tunnel.Connector.Running.InTime();
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Idle_connector_ends_at_once(string transport)
    {
        await using var origin = new HeldOrigin();
        await using var tunnel = await Tunnel.StartAsync(
            transport, origin.Address, connector: options => options with { GracePeriod = TimeSpan.FromMinutes(2) });

        tunnel.Connector.Stop();

        await tunnel.Connector.Running.InTime();
        await Deadline.UntilAsync(() => tunnel.Connections.Count == 0, "the connection was forgotten");
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Grace_period_bounds_the_drain_of_a_stuck_request(string transport)
    {
        var grace = TimeSpan.FromSeconds(1);
        await using var origin = new HeldOrigin();
        await using var tunnel = await Tunnel.StartAsync(
            transport, origin.Address, connector: options => options with { GracePeriod = grace });
        var stuck = tunnel.Visitor.GetAsync("/");
        await origin.ArrivedAsync(1);
        var asked = TimeProvider.System.GetTimestamp();

        tunnel.Connector.Stop();

        await tunnel.Connector.Running.InTime();
        Assert.InRange(TimeProvider.System.GetElapsedTime(asked), grace * 0.9, grace + TimeSpan.FromSeconds(10));
        using var response = await stuck;
        Assert.Contains((int)response.StatusCode, new[] { 502, 530 });
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Grace_period_of_zero_ends_at_once(string transport)
    {
        await using var origin = new HeldOrigin();
        await using var tunnel = await Tunnel.StartAsync(
            transport, origin.Address, connector: options => options with { GracePeriod = TimeSpan.Zero });
        var stuck = tunnel.Visitor.GetAsync("/");
        await origin.ArrivedAsync(1);

        tunnel.Connector.Stop();

        await tunnel.Connector.Running.InTime();
        using var response = await stuck;
        Assert.Contains((int)response.StatusCode, new[] { 502, 530 });
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Grace_period_bounds_the_drain_of_an_open_websocket(string transport)
    {
        await using var origin = RawOrigin.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.WriteAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
            await peer.ReadToEndAsync();
        });
        await using var tunnel = await Tunnel.StartAsync(
            transport, origin.Address, connector: options => options with { GracePeriod = TimeSpan.FromSeconds(1) });
        await using var visitor = await tunnel.SendAsync(
            "GET /",
            "Connection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n");
        Assert.StartsWith("HTTP/1.1 101 ", await visitor.ReadHeadAsync(), StringComparison.Ordinal);

        tunnel.Connector.Stop();

        await tunnel.Connector.Running.InTime();
        await visitor.ReadToEndAsync();
    }
}
