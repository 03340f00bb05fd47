using System.Net;
using System.Net.Sockets;
using Culvert.Engine.Datagrams.V3;

namespace Culvert.Edge.Tests.PrivateNetworks.Forwards;

/// <summary>What clients of a UDP port see.</summary>
[Trait("Category", "Functional")]
public sealed class UdpForwardTests
{
    private static readonly Guid Connector = Guid.NewGuid();

    [Theory]
    [InlineData("0.0.0.0", "127.0.0.1")]
    [InlineData("0.0.0.0", "127.0.0.2")]
    [InlineData("127.0.0.3", "127.0.0.3")]
    [InlineData("::", "::1")]
    public async Task AnswersLeaveFromTheAddressThatTheClientSentTo(string listen, string server)
    {
        await using var lab = new ForwardLab(IPAddress.Parse(listen));
        var (connector, _) = lab.Flows.Connect(Connector);
        using var client = lab.Connect(IPAddress.Parse(server));
        var id = lab.Open(connector, client);
        connector.Payload(id, "answer"u8);
        connector.Payload(id, []);
        var buffer = new byte[64];
        Assert.Equal("answer"u8.ToArray(), buffer[..client.Receive(buffer)]);
        Assert.Equal(0, client.Receive(buffer));
    }

    [Fact]
    public async Task AClientHasAFlowForEachAddressThatItSendsTo()
    {
        await using var lab = new ForwardLab(IPAddress.Any);
        var (connector, _) = lab.Flows.Connect(Connector);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 20_000 };
        client.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var ids = new List<UInt128>();
        foreach (var server in new[] { "127.0.0.1", "127.0.0.2" })
        {
            client.SendTo("x"u8, new IPEndPoint(IPAddress.Parse(server), lab.Forward.LocalEndPoint.Port));
            lab.Until(() => connector.Sent.Count == 1);
            ids.Add(connector.NextRegistration());
        }

        connector.Payload(ids[1], "y"u8);
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        client.ReceiveFrom(new byte[16], ref from);
        Assert.Equal(IPAddress.Parse("127.0.0.2"), ((IPEndPoint)from).Address);
        Assert.Equal(2, lab.Flows.Table.Count);
    }

    [RawSocketFact]
    public async Task AClientIsToldByIcmp_WhenThereIsNoTunnel()
    {
        await using var lab = new ForwardLab(IPAddress.Loopback, hasTunnel: false);
        using var client = lab.Connect(IPAddress.Loopback);
        client.Send("x"u8);
        lab.Until(() => lab.Flows.Table.Counters.Unreachable == 1);
        AssertRefused(client);
        Assert.Equal(1, lab.Flows.Table.Counters.Dropped);
    }

    [RawSocketFact]
    public async Task AClientIsToldByIcmp_WhenNoConnectionTakesTheFlow_AndOfWhatItSendsMeanwhile()
    {
        await using var lab = new ForwardLab(IPAddress.Any);
        using var client = lab.Connect(IPAddress.Parse("127.0.0.2"));
        client.Send("x"u8);
        lab.Until(() => lab.Flows.Table.Queued == 1);
        lab.Flows.Advance(5.1);
        AssertRefused(client);
        client.Send("y"u8);
        lab.Until(() => lab.Flows.Table.Counters.Unreachable == 2);
        AssertRefused(client);

        // Half a second after the time that the flow is left alone for, there is a connector.
        lab.Flows.Advance(2.5);
        var (connector, _) = lab.Flows.Connect(Connector);
        Assert.NotEqual(UInt128.Zero, lab.Open(connector, client));
    }

    [RawSocketFact]
    public async Task AClientIsToldByIcmp_WhenTheConnectorCannotOpenTheFlow()
    {
        await using var lab = new ForwardLab(IPAddress.Loopback);
        var (connector, _) = lab.Flows.Connect(Connector);
        using var client = lab.Connect(IPAddress.Loopback);
        client.Send("x"u8);
        lab.Until(() => connector.Sent.Count == 1);
        connector.Answer(connector.NextRegistration(), RegistrationOutcome.UnableToBind);
        AssertRefused(client);
    }

    [RawSocketFact]
    public async Task AClientIsToldByIcmp_WhenTheOriginsPortIsClosed_OverIpv6Too()
    {
        await using var lab = new ForwardLab(IPAddress.IPv6Any);
        var (connector, _) = lab.Flows.Connect(Connector, 0, FlowLab.V3, "culvert_udp_unreachable");
        using var client = lab.Connect(IPAddress.IPv6Loopback);
        var id = lab.Open(connector, client);
        connector.Answer(id, RegistrationOutcome.DestinationUnreachable);
        AssertRefused(client);
        Assert.Equal(id, lab.Open(connector, client));
    }

    [RawSocketFact]
    public async Task NoMoreThanAThousandClientsAreToldInASecond()
    {
        await using var lab = new ForwardLab(IPAddress.Loopback, hasTunnel: false);
        var counters = lab.Flows.Table.Counters;
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        client.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        void SendMany(int datagrams)
        {
            var before = counters.Dropped;
            for (var i = 1; i <= datagrams; i++)
            {
                client.SendTo("x"u8, lab.Forward.LocalEndPoint);
                lab.Until(() => counters.Dropped == before + i);
            }
        }

        SendMany(1100);
        Assert.Equal(1000, counters.Unreachable);
        lab.Flows.Time.Advance(TimeSpan.FromSeconds(1));
        SendMany(5);
        Assert.Equal(1005, counters.Unreachable);
    }

    // A host's own answer to a closed port does the same.
    private static void AssertRefused(Socket client)
    {
        var error = Assert.Throws<SocketException>(() => client.Receive(new byte[16]));
        Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
    }
}
