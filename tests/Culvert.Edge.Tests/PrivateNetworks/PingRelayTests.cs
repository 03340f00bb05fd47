using System.Net;
using Culvert.Edge.PrivateNetworks;
using Culvert.Edge.PrivateNetworks.Pings;
using Culvert.Edge.Tunnels;

namespace Culvert.Edge.Tests.PrivateNetworks;

/// <summary>What an edge does with pings, by the numbers of the conformance checklist.</summary>
[Trait("Category", "Unit")]
public sealed class PingRelayTests : IAsyncDisposable
{
    // 100.96.0.7 asks 10.0.0.1, and what comes back: a reply, and that there was no time left.
    private const string Request = "450000200000000040010c76646000070a000001080006fa1234000170696e67";
    private const string Answer = "4500002000000000ff014d750a0000016460000700000efa1234000170696e67";
    private const string Exceeded =
        "4500003c00000000ff019557c0000202646000070b00f4ff00000000"
        + "450000200000000001014b76646000070a000001080006fa1234000170696e67";

    private static readonly Guid Connector = Guid.NewGuid();

    private readonly FlowLab _lab = new();
    private readonly List<string> _written = [];
    private readonly PingRelay _relay;

    public PingRelayTests()
    {
        var directory = new TunnelDirectory();
        directory.TryAdd(_lab.Tunnel);
        var routes = new PrivateRoutes([new PrivateRoute("host.example", IPNetwork.Parse("10.0.0.0/30"))], directory);
        _relay = new PingRelay(routes, _lab.Table, packet => _written.Add(Convert.ToHexStringLower(packet)), _lab.Time);
        _lab.Table.Pings = _relay;
    }

    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    [Theory]
    [InlineData("support_datagram_v3_2", "02", "")]
    [InlineData("support_datagram_v2", "", "01")]
    public void E18_E19_RepliesFindTheirPing_OnAnyConnectionOfTheProcess(string feature, string prefix, string suffix)
    {
        var (first, _) = _lab.Connect(Connector, 0, feature);
        Send(Request);
        Assert.Equal(prefix + Request + suffix, Convert.ToHexStringLower(first.Sent.Dequeue()));
        var (second, _) = _lab.Connect(Connector, 1, feature);
        second.FromConnector(Hex(prefix + Answer + suffix));
        first.FromConnector(Hex(prefix + Exceeded + suffix));
        Assert.Equal([Answer, Exceeded], _written);

        // The next request stays on the connection, and leaves it when it ends.
        Send(Request);
        Assert.Single(first.Sent);
        first.Close();
        Send(Request);
        Assert.Single(second.Sent);
    }

    [Fact]
    public void E18_WhatAnswersNoPingIsDropped()
    {
        var (connector, _) = _lab.Connect(Connector);
        var (stranger, _) = _lab.Connect(Guid.NewGuid());
        connector.FromConnector(Hex("02" + Answer));
        Send(Request);
        var (asked, other) = connector.Sent.Count > 0 ? (connector, stranger) : (stranger, connector);
        other.FromConnector(Hex("02" + Answer));
        asked.FromConnector(Hex("02" + Request));
        asked.FromConnector(Hex("02" + Answer.Replace("1234", "1235", StringComparison.Ordinal)));
        asked.FromConnector(Hex("02" + Exceeded[..56]));
        asked.FromConnector(Hex("0245"));
        Assert.Empty(_written);
        Assert.Equal(6, _lab.Table.Counters.Unknown);
        asked.FromConnector(Hex("02" + Answer));
        Assert.Single(_written);
    }

    [Theory]
    [InlineData(Answer)]
    [InlineData("4500")]
    [InlineData("450000200000000040010c76646000070a000005080006fa1234000170696e67")]
    [InlineData("60000000000c3a40fd000001000000000000000000000007fd000000000000000000000000000001800094a81234000170696e67")]
    public void E20_OnlyEchoRequestsToAllowedNetworksAreCarried(string packet)
    {
        var (connector, _) = _lab.Connect(Connector);
        Send(packet);
        Assert.Empty(connector.Sent);
        Assert.Equal(1, _lab.Table.Counters.Dropped);
    }

    [Fact]
    public void E10_PacketsOf1281BytesAreDropped_AndThereAreNoMorePingsThanAllowed()
    {
        var (connector, _) = _lab.Connect(Connector);
        var bytes = new byte[1281];
        Hex(Request).CopyTo(bytes, 0);
        (bytes[2], bytes[3]) = (0, 0);
        _relay.Send(bytes);
        Assert.Empty(connector.Sent);
        _relay.Send(bytes.AsSpan(0, 1280));
        Assert.Equal(1281, connector.Sent.Dequeue().Length);
        for (var id = 0; id < PingRelay.MaxPings + 10; id++)
        {
            (bytes[24], bytes[25]) = ((byte)(id >> 8), (byte)id);
            _relay.Send(bytes.AsSpan(0, 32));
        }

        Assert.Equal(PingRelay.MaxPings, _relay.Count);
        _lab.Time.Advance(PingRelay.IdleTimeout);
        Send(Request);
        Assert.Equal(1, _relay.Count);
    }

    private void Send(string packet) => _relay.Send(Hex(packet));

    private static byte[] Hex(string text) => Convert.FromHexString(text);
}
