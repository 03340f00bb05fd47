using System.Net;

namespace Culvert.EndToEnd.Tests.Lifecycle;

/// <summary>
/// One connection of four is cut while all of them carry requests; <c>tools/chaos.sh</c> does it with real networks.
/// </summary>
public sealed class CutConnectionTests
{
    private const int Connections = 4;
    private const int RequestsOfEach = 2;

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Requests_on_the_other_connections_are_unharmed_and_all_four_come_back(string transport)
    {
        await using var origin = new HeldOrigin();
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address, connector: options => options with
        {
            Connections = Connections,
            EdgeAddresses = [.. Enumerable.Repeat(options.EdgeAddresses[0], Connections)],
        });
        await Deadline.UntilAsync(() => tunnel.Connections.Count == Connections, "all connections");
        var requests = new List<Task<HttpResponseMessage>>();
        for (var sent = 1; sent <= Connections * RequestsOfEach; sent++)
        {
            requests.Add(tunnel.Visitor.GetAsync("/"));
            await origin.ArrivedAsync(sent);
        }

        Assert.All(tunnel.Connections, connection => Assert.Equal(RequestsOfEach, connection.OpenStreams));
        var cut = tunnel.Connections[2];

        await cut.CloseAsync();

        await Deadline.UntilAsync(
            () => tunnel.Connections.Count == Connections && !tunnel.Connections.Contains(cut), "the cut connection is back");
        Assert.Equal(cut.Index, Assert.Single(tunnel.Connections, connection => connection.OpenStreams == 0).Index);
        origin.Answer(requests.Count);
        var statuses = new List<HttpStatusCode>();
        foreach (var request in requests)
        {
            using var answer = await request;
            statuses.Add(answer.StatusCode);
        }

        Assert.Equal((Connections - 1) * RequestsOfEach, statuses.Count(status => status == HttpStatusCode.OK));
        Assert.Equal(RequestsOfEach, statuses.Count(status => (int)status == 530));
        await Deadline.UntilAsync(() => tunnel.Connector.Connector.Connections.Ready == Connections, "all are ready");
    }
}
