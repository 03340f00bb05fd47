using System.Net;
using System.Net.Sockets;
using Culvert.Engine.Datagrams.V3;

namespace Culvert.Edge.Tests.PrivateNetworks.Forwards;

/// <summary>What a datagram costs the edge's side: no memory and no lock, either way.</summary>
[Trait("Category", "Functional")]
public sealed class UdpForwardCostTests
{
    private const int Clients = 20;
    private const int PayloadBytes = 64;

    private static readonly Guid Connector = Guid.NewGuid();

    [Theory]
    [InlineData("support_datagram_v3_2")]
    [InlineData("support_datagram_v2")]
    public async Task DatagramsAllocateNothing(string version)
    {
        await using var lab = new ForwardLab(IPAddress.Any);
        var (connector, _) = lab.Flows.Connect(Connector, 0, version);
        var clients = Enumerable.Range(0, Clients).Select(_ => lab.Connect(IPAddress.Loopback)).ToArray();
        var answers = clients.Select(client => Answer(lab, connector, client, version)).ToArray();
        connector.CountsOnly = true;
        Pump(lab, connector, clients, answers, 200);
        var (delivered, allocated) = Pump(lab, connector, clients, answers, 1000);
        Assert.Equal(0, allocated);
        Assert.Equal(1000 * Clients * PayloadBytes, delivered);
        Assert.Equal(0, lab.Flows.Table.Counters.Dropped);
        Array.ForEach(clients, client => client.Dispose());
    }

    [Fact]
    public async Task DatagramsOfAnOpenFlowPassWhileItsLocksAreHeld()
    {
        await using var lab = new FlowLab();
        var (connector, _) = lab.Connect(Connector);
        var (flow, id) = lab.OpenActive(connector);
        lab.Advance(0.1);
        lab.Send(flow, "unanswered"u8);
        connector.Sent.Clear();

        // The clock registers a silent flow again with the lock of the flow held, and that of the connection.
        using var held = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        connector.BeforeSend = datagram =>
        {
            if (datagram[0] == (byte)DatagramType.Registration)
            {
                held.Set();
                goOn.Wait();
            }
        };
        var clock = Task.Run(() => lab.Advance(6));
        try
        {
            Assert.True(held.Wait(TimeSpan.FromSeconds(20)));
            lab.Send(flow, "through"u8);
            Assert.Equal("through"u8.ToArray(), connector.NextPayload(id));
            connector.Payload(id, "back"u8);
            Assert.Equal("back"u8.ToArray(), lab.Delivered.Dequeue());
        }
        finally
        {
            goOn.Set();
        }

        await clock;
    }

    // The datagram with which a connector answers a client.
    private static byte[] Answer(ForwardLab lab, FakeDatagrams connector, Socket client, string version)
    {
        if (version == FlowLab.V3)
        {
            var answer = new byte[PayloadDatagram.HeaderLength + PayloadBytes];
            PayloadDatagram.WriteHeader(answer, lab.Open(connector, client));
            return answer;
        }

        client.Send("first"u8);
        lab.Until(() => connector.Sent.Count > 0);
        return [.. new byte[PayloadBytes], .. connector.Sent.Dequeue().AsSpan(^17..)];
    }

    // What the clients' sockets allocate is not counted: the platform's, and not always nothing.
    private static (int Delivered, long Allocated) Pump(
        ForwardLab lab, FakeDatagrams connector, Socket[] clients, byte[][] answers, int rounds)
    {
        Span<byte> buffer = stackalloc byte[PayloadBytes];
        var (delivered, allocated) = (0, 0L);
        for (var round = 0; round < rounds; round++)
        {
            var expected = connector.SentCount + clients.Length;
            foreach (var client in clients)
            {
                client.Send(buffer);
            }

            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var tries = 0; connector.SentCount < expected && tries < 1_000_000; tries++)
            {
                lab.Forward.ReceiveWaiting();
            }

            foreach (var answer in answers)
            {
                connector.FromConnector(answer);
            }

            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            foreach (var client in clients)
            {
                delivered += client.Receive(buffer);
            }
        }

        return (delivered, allocated);
    }
}
