using System.Net;
using System.Net.Sockets;
using Culvert.Engine.Datagrams.Muxer;
using Culvert.Engine.Datagrams.V3;
using Culvert.Engine.Flows;

namespace Culvert.Engine.Tests.Datagrams.Muxer;

[Trait("Category", "Functional")]
public sealed class RegistrationTests : IDisposable
{
    // Link-local without a zone cannot be dialled.
    private static readonly byte[] Undialable = IPAddress.Parse("fe80::1").GetAddressBytes();

    private readonly MuxerLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void C23_AFailedDialGivesItsPlaceBack()
    {
        _lab.Limiter.Limit = 1;
        for (var i = 0; i < 3; i++)
        {
            _lab.First.Register(5, Undialable, 53);
            _lab.Round();
            Assert.Equal(RegistrationOutcome.UnableToBind, _lab.Response(_lab.First, 5));
            Assert.Equal(0, _lab.Limiter.Active);
        }
        _lab.Open(_lab.First, 6);
        Assert.Equal(1, _lab.Muxer.FlowCount);
    }

    [Fact]
    public void C24_C25_C54_TheLimitRefusesTheNext_ButNoRetryAndNoMigration_AndChangesLive()
    {
        _lab.Limiter.Limit = 2;
        _lab.Open(_lab.First, 1, idle: 1);
        _lab.Open(_lab.First, 2, idle: 60);
        _lab.First.Register(3, MuxerLab.Loopback, _lab.Port);
        _lab.Round();
        Assert.Equal(RegistrationOutcome.TooManyActiveFlows, _lab.Response(_lab.First, 3));
        Assert.Equal(1, _lab.Limiter.Refused(FlowKind.Udp));
        _lab.Open(_lab.First, 2);
        _lab.Open(_lab.Second, 2);
        _lab.Advance(TimeSpan.FromSeconds(1.5));
        _lab.Open(_lab.First, 3);
        _lab.Limiter.Limit = 0;
        _lab.Open(_lab.First, 4);
        Assert.Equal(3, _lab.Limiter.Active);
        _lab.Limiter.Limit = 1;
        Assert.Equal(3, _lab.Muxer.FlowCount);
    }

    [Fact]
    public void TheTableHasALimitOfItsOwn()
    {
        using var lab = new MuxerLab(new DatagramMuxerOptions { MaxFlows = 2 });
        lab.Open(lab.First, 1);
        lab.Open(lab.First, 2);
        lab.First.Register(3, MuxerLab.Loopback, lab.Port);
        lab.Round();
        Assert.Equal(RegistrationOutcome.TooManyActiveFlows, lab.Response(lab.First, 3));
        Assert.Equal(2, lab.Limiter.Active);
    }

    [Fact]
    public void WithoutRoomForTheAnswerThereIsNoFlow()
    {
        _lab.First.IsFull = true;
        _lab.First.Register(1, MuxerLab.Loopback, _lab.Port);
        _lab.Round();
        Assert.Equal(0, _lab.Muxer.FlowCount);
        Assert.Equal(0, _lab.Limiter.Active);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("::1")]
    [InlineData("255.255.255.255")]
    [InlineData("224.0.0.251")]
    public void EveryDestinationMayBeDialled(string address)
    {
        _lab.First.Register(1, IPAddress.Parse(address).GetAddressBytes(), 5353);
        _lab.Round();
        var expected = !HasRoute(address)
            ? RegistrationOutcome.UnableToBind : RegistrationOutcome.Ok;
        Assert.Equal(expected, _lab.Response(_lab.First, 1));
    }

    [Fact]
    public void C51_N07_TheReservedDestinationIsTheResolver_AndOnlyOnItsPort()
    {
        using var resolver = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        resolver.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        resolver.ReceiveTimeout = 20_000;
        var dns = new VirtualDns([(IPEndPoint)resolver.LocalEndPoint!]);
        using var lab = new MuxerLab(dns: dns);
        lab.First.Register(1, VirtualDns.Address, 53, payload: "query"u8);
        lab.Round();
        Assert.Equal(RegistrationOutcome.Ok, lab.Response(lab.First, 1));
        var buffer = new byte[100];
        Assert.Equal(5, resolver.Receive(buffer));
        Assert.Equal(1, dns.Dials(FlowKind.Udp));
        lab.First.Register(2, VirtualDns.Address, 54);
        lab.Round();
        Assert.Equal(1, dns.Dials(FlowKind.Udp));
    }

    [Fact]
    public void C11_C8_NothingMalformedEndsAnything()
    {
        _lab.Open(_lab.First, 7);
        var random = new Random(11);
        var bytes = new byte[1472];
        for (var i = 0; i < 100_000; i++)
        {
            var length = random.Next(0, i % 50 == 0 ? 1472 : 40);
            random.NextBytes(bytes.AsSpan(0, length));
            // Registrations that happen to be valid would open sockets to anywhere.
            if (length > 0)
                bytes[0] = (byte)(bytes[0] % 6 == 0 ? 3 : bytes[0] % 6);
            _lab.First.FromEdge(bytes.AsSpan(0, length));
            _lab.First.FromEdge(new byte[i % 26]);
            if (i % 100 == 0)
                _lab.Round();
        }
        _lab.Round();
        Assert.True(_lab.Muxer.Counters(0).Dropped(DropReason.Malformed) > 50_000);
        Assert.Equal(1, _lab.Muxer.FlowCount);
        Assert.Empty(_lab.First.ToEdge);
        _lab.First.Payload(7, "still here"u8);
        _lab.Round();
        Assert.Equal("still here"u8.ToArray(), _lab.AtOrigin().Payload);
    }

    private static bool HasRoute(string address)
    {
        var ip = IPAddress.Parse(address);
        using var socket = new Socket(ip.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        if (ip.AddressFamily == AddressFamily.InterNetwork)
            socket.EnableBroadcast = true;
        else
            socket.DualMode = true;
        try
        {
            socket.Connect(ip, 5353);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
