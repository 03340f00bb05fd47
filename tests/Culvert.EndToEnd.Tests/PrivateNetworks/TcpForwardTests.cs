using System.Net;
using System.Net.Sockets;
using Culvert.Edge.PrivateNetworks;
using Culvert.Edge.PrivateNetworks.Forwards;

namespace Culvert.EndToEnd.Tests.PrivateNetworks;

/// <summary>TCP through a port of the edge node to a server behind a connector.</summary>
[Trait("Category", "EndToEnd")]
public sealed class TcpForwardTests
{
    private const int Bytes = 300_000;

    public static TheoryData<string, int> Ways()
    {
        var ways = new TheoryData<string, int>();
        foreach (string transport in new EveryTransport().Select<object[], object>(row => row[0]))
        {
            ways.Add(transport, 0);
            ways.Add(transport, 1);
        }

        return ways;
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task BytesPassBothWays_AndTheEndDoes(string transport, int port)
    {
        await using var network = await PrivateNetwork.StartAsync(transport);
        using var client = await ConnectAsync(network, port);
        var sent = new byte[Bytes];
        Random.Shared.NextBytes(sent);
        var sending = client.SendAsync(sent, SocketFlags.None);
        Assert.Equal(sent, await ReadAsync(client, Bytes));
        await sending;
        client.Shutdown(SocketShutdown.Send);
        Assert.Empty(await ReadAsync(client, 1));
    }

    [Theory]
    [ClassData(typeof(EveryTransport))]
    public async Task AClientIsReset_WhenNothingAnswersBehindTheTunnel(string transport)
    {
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var network = await PrivateNetwork.StartAsync(transport, (_, options) => options with
        {
            TcpForwards =
            [
                new PortForward(
                    new IPEndPoint(IPAddress.Loopback, 0),
                    new PrivateDestination(PrivateNetwork.Hostname, (IPEndPoint)closed.LocalEndPoint!)),
                new PortForward(new IPEndPoint(IPAddress.Loopback, 0), null, "unknown.example"),
            ],
        });
        for (var port = 0; port < 2; port++)
        {
            var error = await Assert.ThrowsAsync<SocketException>(async () =>
            {
                // The reset may be there before the client knows that it is connected.
                using var client = await ConnectAsync(network, port);
                await client.ReceiveAsync(new byte[1], SocketFlags.None).InTime();
            });
            Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
        }

        Assert.Contains(network.Edge.Log.Lines, line => line.Contains("TCP client turned away", StringComparison.Ordinal));
    }

    private static async Task<Socket> ConnectAsync(PrivateNetwork network, int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(network.Edge.Node.TcpEndPoints[port]).InTime();
        return socket;
    }

    private static async Task<byte[]> ReadAsync(Socket socket, int bytes)
    {
        var buffer = new byte[bytes];
        var read = 0;
        while (read < bytes)
        {
            var count = await socket.ReceiveAsync(buffer.AsMemory(read), SocketFlags.None).InTime();
            if (count == 0)
            {
                break;
            }

            read += count;
        }

        return buffer[..read];
    }
}
