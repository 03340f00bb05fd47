using System.Net;
using System.Net.Sockets;
using Culvert.Edge.PrivateNetworks;
using Culvert.Edge.PrivateNetworks.Forwards;

namespace Culvert.EndToEnd.Tests.PrivateNetworks;

/// <summary>UDP through a port of the edge node to a server behind a connector.</summary>
[Trait("Category", "EndToEnd")]
public sealed class UdpForwardTests
{
    // Shorter than any answer takes on a machine that is not overloaded; what is lost is sent again, as UDP clients do.
    private static readonly TimeSpan ResendAfter = TimeSpan.FromSeconds(2);

    private readonly byte[] _buffer = new byte[2048];

    [QuicFact]
    public async Task C1_E14_DatagramsOfAnySizePass_FromTheFirstOn_AndClientsDoNotMix()
    {
        await using var network = await PrivateNetwork.StartAsync();
        using var first = network.ConnectUdp();
        using var second = network.ConnectUdp();
        foreach (var size in new[] { 1, 500, 1200, 1280, 0 })
        {
            foreach (var client in new[] { first, second })
            {
                var payload = new byte[size];
                Random.Shared.NextBytes(payload);
                Assert.Equal(payload, await AskAsync(client, payload));
            }
        }

        Assert.NotEqual(await PortAsync(first), await PortAsync(second));
        Assert.Equal(2, network.Edge.Node.FlowCount);
        Assert.Equal(2, network.Connectors[0].Connector.Flows.Active);
    }

    [QuicFact]
    public async Task E16_OlderConnectorsServeFlowsAsSessions()
    {
        await using var network = await PrivateNetwork.StartAsync(
            connector: options => options with { Features = ["support_datagram_v2"] });
        using var client = network.ConnectUdp();
        foreach (var size in new[] { 10, 1200, 0 })
        {
            Assert.Equal(new byte[size], await AskAsync(client, new byte[size]));
        }
    }

    [QuicFact]
    public async Task AFlowGoesOnOverAnotherConnection_WhenItsOwnIsKilled()
    {
        await using var network = await PrivateNetwork.StartAsync(connector: options => options with
        {
            EdgeAddresses = [options.EdgeAddresses[0], options.EdgeAddresses[0]],
            Connections = 2,
        });
        await Deadline.UntilAsync(() => network.Edge.Connections(PrivateNetwork.Hostname).Count == 2, "two connections");
        using var client = network.ConnectUdp();
        Assert.Equal("before"u8.ToArray(), await AskAsync(client, "before"u8.ToArray()));
        for (var round = 0; round < 2; round++)
        {
            // Whichever of the two carries the flow: one of the rounds kills that one.
            await network.Edge.Connections(PrivateNetwork.Hostname)[0].CloseAsync();
            Assert.Equal("after"u8.ToArray(), await AskAsync(client, "after"u8.ToArray()));
            await Deadline.UntilAsync(() => network.Edge.Connections(PrivateNetwork.Hostname).Count == 2, "reconnected");
        }

        Assert.Equal(1, network.Edge.Node.FlowCount);
        Assert.True(network.Edge.Node.FlowCounters.Migrated > 0);
    }

    [QuicFact]
    public async Task FlowsMoveWithTheirPorts_WhenTheirConnectionDrains()
    {
        await using var network = await PrivateNetwork.StartAsync(connector: options => options with
        {
            EdgeAddresses = [options.EdgeAddresses[0], options.EdgeAddresses[0]],
            Connections = 2,
        });
        await Deadline.UntilAsync(() => network.Edge.Connections(PrivateNetwork.Hostname).Count == 2, "two connections");

        // Enough that some are on either connection.
        var clients = Enumerable.Range(0, 20).Select(_ => network.ConnectUdp()).ToArray();
        var ports = new List<int>();
        foreach (var client in clients)
        {
            ports.Add(await PortAsync(client));
        }

        _ = network.Edge.Connections(PrivateNetwork.Hostname)[0].DrainAsync();
        await Deadline.UntilAsync(() => network.Edge.Node.FlowCounters.Migrated > 0, "a flow leaves the connection");
        for (var i = 0; i < clients.Length; i++)
        {
            Assert.Equal(ports[i], await PortAsync(clients[i]));
            clients[i].Dispose();
        }

        Assert.Equal(clients.Length, network.Edge.Node.FlowCount);
    }

    [QuicFact]
    public async Task IdleFlowsEnd_AndTheirPlacesAreFree()
    {
        await using var network = await PrivateNetwork.StartAsync(edge: (_, options) => options with
        {
            Flows = options.Flows with { IdleTimeout = TimeSpan.FromSeconds(1) },
        });
        using var client = network.ConnectUdp();
        await AskAsync(client, "x"u8.ToArray());
        Assert.Equal(1, network.Edge.Node.FlowCount);
        await Deadline.UntilAsync(() => network.Edge.Node.FlowCount == 0, "the edge forgets the flow");
        await Deadline.UntilAsync(() => network.Connectors[0].Connector.Flows.Active == 0, "the connector closes it");
    }

    [IcmpErrorTheory]
    [InlineData("support_datagram_v3_2")]
    [InlineData("support_datagram_v2")]
    public async Task AClosedPortBehindTheConnectorRefusesTheClient_AndServesItWhenItIsOpen(string version)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var address = (IPEndPoint)server.LocalEndPoint!;
        await using var network = await PrivateNetwork.StartAsync(
            edge: (_, options) => options with
            {
                UdpForwards =
                [
                    new PortForward(
                        new IPEndPoint(IPAddress.Any, 0), new PrivateDestination(PrivateNetwork.Hostname, address)),
                ],
            },
            connector: options => options with { Features = [version] });
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await client.ConnectAsync(IPAddress.Parse("127.0.0.2"), network.Edge.Node.UdpEndPoints[0].Port);
        server.Dispose();
        for (var round = 0; round < 2; round++)
        {
            await client.SendAsync("anybody"u8.ToArray(), SocketFlags.None);
            using var limit = new CancellationTokenSource(Deadline.Limit);
            var refusal = await Assert.ThrowsAsync<SocketException>(
                async () => await client.ReceiveAsync(_buffer, SocketFlags.None, limit.Token));
            Assert.Equal(SocketError.ConnectionRefused, refusal.SocketErrorCode);
        }

        using var opened = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        opened.Bind(address);
        await client.SendAsync("somebody"u8.ToArray(), SocketFlags.None);
        using var arrival = new CancellationTokenSource(Deadline.Limit);
        var received = await opened.ReceiveFromAsync(_buffer, SocketFlags.None, address, arrival.Token);
        Assert.Equal("somebody"u8.ToArray(), _buffer[..received.ReceivedBytes]);
    }

    private async Task<int> PortAsync(Socket client) =>
        BitConverter.ToInt32(await AskAsync(client, "?"u8.ToArray(), answer => answer.Length == sizeof(int)));

    private Task<byte[]> AskAsync(Socket client, byte[] payload) =>
        AskAsync(client, payload, answer => answer.AsSpan().SequenceEqual(payload));

    // What was sent twice may be answered twice, so answers to earlier questions are passed over.
    private async Task<byte[]> AskAsync(Socket client, byte[] payload, Func<byte[], bool> isAnswer)
    {
        for (var tries = 0; tries < 10; tries++)
        {
            await client.SendAsync(payload, SocketFlags.None);
            using var limit = new CancellationTokenSource(ResendAfter);
            try
            {
                while (true)
                {
                    var answer = _buffer[..await client.ReceiveAsync(_buffer, SocketFlags.None, limit.Token)];
                    if (isAnswer(answer))
                    {
                        return answer;
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // Sent again.
            }
        }

        throw new TimeoutException($"no answer to {payload.Length} bytes");
    }
}
