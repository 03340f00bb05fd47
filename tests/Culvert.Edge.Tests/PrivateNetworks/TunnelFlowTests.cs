using System.Net;
using Culvert.Edge.PrivateNetworks;
using Culvert.Edge.PrivateNetworks.Flows;
using Culvert.Engine.Datagrams;
using Culvert.Engine.Datagrams.V3;

namespace Culvert.Edge.Tests.PrivateNetworks;

/// <summary>What an edge does with flows of version 3, by the numbers of the conformance checklist.</summary>
[Trait("Category", "Unit")]
public sealed class TunnelFlowTests : IAsyncDisposable
{
    private static readonly Guid Connector = Guid.NewGuid();

    private readonly FlowLab _lab = new();

    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    [Theory]
    [InlineData("support_datagram_v3_2", true)]
    [InlineData("allow_remote_config,support_datagram_v3_2,x,support_datagram_v2", true)]
    [InlineData("support_datagram_v2,unknown,support_datagram_v3,support_datagram_v3_1", false)]
    public void E01_TheListChoosesTheVersion_InAnyOrder(string features, bool isV3)
    {
        var (_, connection) = _lab.Connect(Connector, 0, features.Split(','));
        Assert.Equal(isV3, connection.Flows is FlowCarrierV3);
    }

    [Fact]
    public void E01_WithoutAVersionThereAreNoFlows() =>
        Assert.Null(_lab.Connect(Connector, 0, "serialized_headers").Connection.Flows);

    [Theory]
    [InlineData("10.0.0.53", 26, "00000035004100")]
    [InlineData("::ffff:10.0.0.53", 26, "00000035004100")]
    [InlineData("2606:4700:cf1:2000::1", 38, "00010035004100")]
    public void E02_E03_E09_RegistrationsAreWhole_WithoutReservedFlags_AndAskForLongerThanTheEdgeWaits(
        string address, int length, string start)
    {
        var (connector, _) = _lab.Connect(Connector);
        _lab.Send(_lab.Open(new PrivateDestination("host.example", new IPEndPoint(IPAddress.Parse(address), 53))), "x"u8);
        var registration = connector.Sent.Dequeue();
        Assert.Equal(length, registration.Length);
        Assert.StartsWith(start[..12], Convert.ToHexString(registration), StringComparison.Ordinal);
        Assert.True(((registration[4] << 8) | registration[5]) > _lab.Table.Options.IdleTimeout.TotalSeconds);
        var ip = IPAddress.Parse(address);
        Assert.Equal((ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip).GetAddressBytes(), registration[22..]);
    }

    [Fact]
    public void E04_NothingIsSentBeforeTheAnswer_AndThenInOrder_AndAPayloadIsAnAnswerToo()
    {
        var (connector, _) = _lab.Connect(Connector);
        var flow = _lab.Open();
        Assert.Empty(connector.Sent);
        for (byte i = 0; i < 40; i++)
        {
            _lab.Send(flow, [i]);
        }

        var id = connector.NextRegistration();
        Assert.Empty(connector.Sent);
        connector.Answer(id);

        // The oldest were dropped.
        for (byte i = 8; i < 40; i++)
        {
            Assert.Equal([i], connector.NextPayload(id));
        }

        Assert.Equal((8, 0), (_lab.Table.Counters.Dropped, _lab.Table.Queued));
        var other = _lab.Open();
        _lab.Send(other, "y"u8);
        var second = connector.NextRegistration();
        connector.Payload(second, "reply"u8);
        Assert.Equal("reply"u8.ToArray(), _lab.Delivered.Dequeue());
        Assert.Equal("y"u8.ToArray(), connector.NextPayload(second));
    }

    [Fact]
    public void E05_UnknownAnswersDuplicatesAndNonsenseHarmNothing()
    {
        var (connector, _) = _lab.Connect(Connector);
        var (flow, id) = _lab.OpenActive(connector);
        connector.Answer(id);
        connector.Answer(id);
        connector.Answer(id + 1);
        connector.FromConnector([]);
        connector.FromConnector([3, 0]);
        connector.FromConnector([0xff, 1, 2]);
        _lab.Send(flow, "on"u8);
        Assert.Equal("on"u8.ToArray(), connector.NextPayload(id));

        // Another one, with a text, and one of no known kind: both mean that it failed.
        foreach (var outcome in new byte[] { 0xff, 0x42 })
        {
            flow = _lab.Open();
            _lab.Send(flow, "x"u8);
            id = connector.NextRegistration();
            var answer = new byte[40];
            var length = new RegistrationResponseDatagram((RegistrationOutcome)outcome, id, "no route"u8).Write(answer);
            connector.FromConnector(answer.AsSpan(0, length));
            _lab.Send(flow, "again"u8);
            Assert.Empty(connector.Sent);
        }

        Assert.Equal(2, _lab.RefusedCount);
    }

    [Fact]
    public void E06_ARegistrationWithoutAnswerIsSentAgainUnderItsId_AndGivenUpAfterFiveSeconds()
    {
        var (connector, _) = _lab.Connect(Connector);
        var flow = _lab.Open();
        _lab.Send(flow, "x"u8);
        var id = connector.NextRegistration();
        _lab.Advance(2);
        Assert.InRange(connector.Sent.Count, 3, 6);
        while (connector.Sent.Count > 0)
        {
            Assert.Equal(id, connector.NextRegistration());
        }

        connector.Answer(id);
        connector.Answer(id);
        Assert.Equal("x"u8.ToArray(), connector.NextPayload(id));
        Assert.Empty(connector.Sent);
        Assert.Equal(1, _lab.Table.Count);

        flow = _lab.Open();
        _lab.Send(flow, "y"u8);
        id = connector.NextRegistration();
        _lab.Advance(5.5);
        Assert.Equal(1, _lab.RefusedCount);
        Assert.Equal(0, _lab.Table.Queued);
        connector.Sent.Clear();
        _lab.Advance(3);
        Assert.Empty(connector.Sent);
        _lab.Send(flow, "z"u8);
        Assert.Equal(id, connector.NextRegistration());
    }

    [Fact]
    public void E07_E08_PayloadsAreTakenFromAnyConnectionOfTheProcess_AndFromNoOther()
    {
        var (first, _) = _lab.Connect(Connector, 0);
        var (_, id) = _lab.OpenActive(first);
        var (second, _) = _lab.Connect(Connector, 1);
        var (stranger, _) = _lab.Connect(Guid.NewGuid(), 0);
        second.Payload(id, "elsewhere"u8);
        Assert.Equal("elsewhere"u8.ToArray(), _lab.Delivered.Dequeue());
        second.Payload(id, []);
        Assert.Empty(_lab.Delivered.Dequeue());
        stranger.Payload(id, "forged"u8);
        first.Payload(id + 1, "unknown"u8);
        Assert.Empty(_lab.Delivered);
        Assert.Equal(2, _lab.Table.Counters.Unknown);
        Assert.Empty(stranger.Sent);
    }

    [Fact]
    public void E09_AnIdleFlowIsForgotten_AndTrafficEitherWayKeepsIt()
    {
        var (connector, _) = _lab.Connect(Connector);
        var (flow, id) = _lab.OpenActive(connector);
        _lab.Advance(50);
        _lab.Send(flow, "x"u8);
        _lab.Advance(50);
        connector.Payload(id, "y"u8);
        _lab.Advance(59);
        Assert.Equal(1, _lab.Table.Count);
        _lab.Advance(2);
        Assert.Equal((0, 1), (_lab.Table.Count, _lab.EndedCount));
        connector.Payload(id, "late"u8);
        Assert.Single(_lab.Delivered);
    }

    [Fact]
    public void E10_PayloadsOf1281BytesAreDropped()
    {
        var (connector, _) = _lab.Connect(Connector);
        var (flow, id) = _lab.OpenActive(connector);
        _lab.Send(flow, new byte[1281]);
        _lab.Send(flow, new byte[1280]);
        Assert.Equal(1280, connector.NextPayload(id).Length);
        Assert.Equal(1, _lab.Table.Counters.Dropped);
    }

    [Fact]
    public void E11_WhenItsConnectionEndsAFlowGoesOnOverAnotherIndex()
    {
        var (first, _) = _lab.Connect(Connector, 0);
        var (flow, id) = _lab.OpenActive(first);
        var (sameIndex, _) = _lab.Connect(Connector, 0);
        var (second, _) = _lab.Connect(Connector, 1);
        var (replica, _) = _lab.Connect(Guid.NewGuid(), 0);
        first.Close();
        Assert.Equal(id, second.NextRegistration());
        _lab.Send(flow, "kept"u8);
        Assert.Empty(second.Sent);
        second.Answer(id);
        Assert.Equal("kept"u8.ToArray(), second.NextPayload(id));
        Assert.Equal(1, _lab.Table.Counters.Migrated);
        Assert.Empty(sameIndex.Sent);

        // No connection of that process is left: another process gets the flow, under another id.
        sameIndex.Close();
        second.Close();
        var newId = replica.NextRegistration();
        Assert.NotEqual(id, newId);
        replica.Answer(newId);
        _lab.Send(flow, "there"u8);
        Assert.Equal("there"u8.ToArray(), replica.NextPayload(newId));
        Assert.Equal(1, _lab.Table.Count);
    }

    [Fact]
    public void E12_AfterAReconnectUnderTheSameIndexTheFlowIsRegisteredOnceMore()
    {
        var (first, _) = _lab.Connect(Connector, 0);
        var (_, id) = _lab.OpenActive(first);
        var (again, _) = _lab.Connect(Connector, 0);
        first.Close();
        Assert.Equal(id, again.NextRegistration());
        again.Answer(id);
        _lab.Advance(4);
        Assert.Empty(again.Sent);
        _lab.Advance(2);
        Assert.Equal(id, again.NextRegistration());
        _lab.Advance(10);
        Assert.Empty(again.Sent);
    }

    [Fact]
    public void E12_WithoutAnyConnectionAFlowWaitsForTheNext()
    {
        var (first, _) = _lab.Connect(Connector, 0);
        var (flow, id) = _lab.OpenActive(first);
        first.Close();
        _lab.Send(flow, "kept"u8);
        _lab.Advance(2);
        var (again, _) = _lab.Connect(Connector, 0);
        _lab.Advance(0.1);
        Assert.Equal(id, again.NextRegistration());
        again.Answer(id);
        Assert.Equal("kept"u8.ToArray(), again.NextPayload(id));
    }

    [Fact]
    public void E13_ARefusalIsLeftAloneForLong_AFullConnectorForAMoment_AndAnotherProcessIsAskedAtOnce()
    {
        var (first, _) = _lab.Connect(Connector);
        var flow = _lab.Open();
        _lab.Send(flow, "x"u8);
        first.Answer(first.NextRegistration(), RegistrationOutcome.UnableToBind);
        _lab.Advance(29);
        _lab.Send(flow, "x"u8);
        Assert.Empty(first.Sent);
        _lab.Advance(2);
        _lab.Send(flow, "x"u8);
        first.Answer(first.NextRegistration(), RegistrationOutcome.TooManyActiveFlows);
        _lab.Send(flow, "x"u8);
        Assert.Empty(first.Sent);
        _lab.Advance(2.1);
        _lab.Send(flow, "x"u8);
        var id = first.NextRegistration();
        var (second, _) = _lab.Connect(Guid.NewGuid());
        first.Answer(id, RegistrationOutcome.TooManyActiveFlows);
        var other = second.NextRegistration();
        Assert.NotEqual(id, other);
        second.Answer(other);
        Assert.Equal("x"u8.ToArray(), second.NextPayload(other));
        Assert.Equal(2, _lab.RefusedCount);
    }

    [Fact]
    public void AFlowThatTheConnectorLostIsFoundOutBySilence()
    {
        var (connector, _) = _lab.Connect(Connector);
        var (flow, id) = _lab.OpenActive(connector);
        connector.Payload(id, "reply"u8);
        for (var i = 0; i < 4; i++)
        {
            _lab.Advance(2);
            _lab.Send(flow, "?"u8);
        }

        _lab.Advance(1);
        var registrations = connector.Sent.Count(datagram => datagram[0] == 0);
        Assert.Equal(1, registrations);
    }

    [Fact]
    public void ADrainingConnectionIsLeftWhileItIsAlive()
    {
        var (first, connection) = _lab.Connect(Connector, 0);
        var (flow, id) = _lab.OpenActive(first);
        var (second, _) = _lab.Connect(Connector, 1);
        _ = connection.DrainAsync();
        _lab.Advance(1);
        Assert.Equal(id, second.NextRegistration());
        _lab.Send(flow, "old way"u8);
        Assert.Equal("old way"u8.ToArray(), first.NextPayload(id));
        second.Answer(id);
        _lab.Send(flow, "new way"u8);
        Assert.Equal("new way"u8.ToArray(), second.NextPayload(id));
        first.Close();
        Assert.Empty(second.Sent);
    }

    [Fact]
    public async Task EverythingIsBounded()
    {
        await using var lab = new FlowLab(new FlowOptions { MaxFlows = 2, MaxQueued = 3 });
        var flows = new[] { lab.Open(), lab.Open() };
        Assert.Null(lab.Table.Open(lab.Tunnel, FlowLab.Destination, lab));
        foreach (var flow in flows)
        {
            lab.Send(flow, "a"u8);
            lab.Send(flow, "b"u8);
        }

        Assert.Equal((3, 2), (lab.Table.Queued, lab.Table.Counters.Dropped));
        flows[0].End();
        lab.Send(flows[0], "late"u8);
        Assert.Equal((1, 1), (lab.Table.Queued, lab.Table.Count));
        Assert.NotNull(lab.Table.Open(lab.Tunnel, FlowLab.Destination, lab));
    }

    [Fact]
    public void AConnectorThatKnowsHowIsAskedToTellOfAClosedPort_AndTheFlowOpensAgain()
    {
        var (connector, _) = _lab.Connect(Connector, 0, FlowLab.V3, "culvert_udp_unreachable");
        var flow = _lab.Open();
        _lab.Send(flow, "x"u8);
        Assert.Equal(DatagramFault.None, RegistrationDatagram.Read(connector.Sent.Peek(), out var registration));
        Assert.True(registration.WantsUnreachable);
        var id = connector.NextRegistration();
        connector.Answer(id);
        Assert.Equal("x"u8.ToArray(), connector.NextPayload(id));
        connector.Answer(id, RegistrationOutcome.DestinationUnreachable);
        Assert.Equal((1, 0), (_lab.UnreachableCount, _lab.RefusedCount));

        // It is of no use to wait: the port may be open by now.
        Assert.True(_lab.Send(flow, "y"u8));
        Assert.Equal(id, connector.NextRegistration());
        connector.Answer(id);
        Assert.Equal("y"u8.ToArray(), connector.NextPayload(id));
        Assert.Equal(1, _lab.Table.Count);
    }

    [Fact]
    public void WhatIsSentWhileADestinationIsLeftAloneIsReportedToTheSender()
    {
        var (connector, _) = _lab.Connect(Connector);
        var flow = _lab.Open();
        Assert.True(_lab.Send(flow, "x"u8));
        connector.Answer(connector.NextRegistration(), RegistrationOutcome.UnableToBind);
        Assert.False(_lab.Send(flow, "y"u8));
        Assert.Equal((1, 0), (_lab.RefusedCount, _lab.UnreachableCount));
        _lab.Advance(30.1);
        Assert.True(_lab.Send(flow, "z"u8));
    }
}
