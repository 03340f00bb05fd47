using Culvert.Engine.Datagrams.Muxer;
using Culvert.Engine.Datagrams.V3;

namespace Culvert.Engine.Tests.Datagrams.Muxer;

/// <summary>Flows on one connection, by the numbers of the conformance checklist.</summary>
[Trait("Category", "Functional")]
public sealed class FlowTests : IDisposable
{
    private readonly MuxerLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void C14_C15_ARegistrationIsAnsweredOnce_AndPayloadsPassBothWays()
    {
        _lab.Open(_lab.First, 7);
        _lab.First.Payload(7, "question"u8);
        _lab.Round();
        var (payload, from) = _lab.AtOrigin();
        Assert.Equal("question"u8.ToArray(), payload);
        _lab.Origin.SendTo("answer"u8.ToArray(), from);
        Assert.Equal("answer"u8.ToArray(), _lab.Reply(_lab.First, 7));
        Assert.Empty(_lab.First.ToEdge);
        Assert.Equal(1, _lab.Muxer.Counters(0).Active);
        Assert.Equal(1, _lab.Muxer.Counters(0).Total);
    }

    [Fact]
    public void C16_EmptyPayloadsPassBothWays()
    {
        _lab.Open(_lab.First, 7);
        _lab.First.Payload(7, []);
        _lab.Round();
        var (payload, from) = _lab.AtOrigin();
        Assert.Empty(payload);
        _lab.Origin.SendTo([], from);
        Assert.Empty(_lab.Reply(_lab.First, 7));
    }

    [Fact]
    public void C17_OrderIsKept_AlsoWhereDatagramsOfSeveralFlowsAndSizesAreSentTogether()
    {
        var flows = new UInt128[] { 1, 2, 3 };
        var senders = new Dictionary<string, int>();
        foreach (var id in flows)
            _lab.Open(_lab.First, id);
        var random = new Random(5);
        for (var i = 0; i < 200; i++)
        {
            var payload = new byte[random.Next(3) == 0 ? 1280 : random.Next(2, 200)];
            payload[0] = (byte)i;
            payload[1] = (byte)(i % 3);
            _lab.First.Payload(flows[i % 3], payload);
        }
        _lab.Round();
        var last = new int[] { -3, -2, -1 };
        for (var i = 0; i < 200; i++)
        {
            var (payload, from) = _lab.AtOrigin();
            Assert.Equal(last[payload[1]] + 3, payload[0]);
            last[payload[1]] = payload[0];
            senders.TryAdd(from.ToString()!, payload[1]);
            Assert.Equal(senders[from.ToString()!], payload[1]);
            _lab.Origin.SendTo(payload, from);
        }
        last = [-3, -2, -1];
        for (var i = 0; i < 200; i++)
        {
            var bytes = _lab.Next(_lab.First);
            Assert.Equal(Engine.Datagrams.DatagramFault.None, PayloadDatagram.Read(bytes, out var read));
            Assert.Equal(last[read.Payload[1]] + 3, read.Payload[0]);
            last[read.Payload[1]] = read.Payload[0];
        }
    }

    [Fact]
    public void APayloadBundledInARegistrationIsDelivered_AndThoseRightBehindItAfterIt()
    {
        _lab.First.Register(9, MuxerLab.Loopback, _lab.Port, payload: "first"u8);
        _lab.First.Payload(9, "second"u8);
        _lab.First.Register(9, MuxerLab.Loopback, _lab.Port, payload: "again"u8);
        _lab.First.Payload(9, "third"u8);
        _lab.Round();
        Assert.Equal("first"u8.ToArray(), _lab.AtOrigin().Payload);
        Assert.Equal("second"u8.ToArray(), _lab.AtOrigin().Payload);
        Assert.Equal("third"u8.ToArray(), _lab.AtOrigin().Payload);
    }

    [Fact]
    public void C18_APayloadForNoFlowIsCounted_AndNotAnswered()
    {
        _lab.First.Payload(1, "lost"u8);
        _lab.Round();
        Assert.Equal(1, _lab.Muxer.Counters(0).Dropped(DropReason.FlowUnknown));
        Assert.Empty(_lab.First.ToEdge);
    }

    [Fact]
    public void C19_ASecondRegistrationChangesNothingButTheIdleTime()
    {
        _lab.Open(_lab.First, 7, idle: 10);
        _lab.Advance(TimeSpan.FromSeconds(8));
        _lab.First.Register(7, [127, 0, 0, 2], 9, idle: 600);
        _lab.Round();
        Assert.Equal(RegistrationOutcome.Ok, _lab.Response(_lab.First, 7));
        Assert.Equal(1, _lab.Muxer.Counters(0).Retries);
        _lab.First.Payload(7, "here"u8);
        _lab.Round();
        Assert.Equal("here"u8.ToArray(), _lab.AtOrigin().Payload);
        _lab.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(1, _lab.Muxer.FlowCount);
        _lab.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(0, _lab.Muxer.FlowCount);
    }

    [Theory]
    [InlineData(1, 1, 1.5)]
    [InlineData(0, 210, 210.5)]
    [InlineData(65_535, 65_535, 65_535.5)]
    public void C13_C27_AnIdleFlowEndsWhenItsPeriodIsOver(int hint, double alive, double ended)
    {
        _lab.Open(_lab.First, 7, hint);
        _lab.Advance(TimeSpan.FromSeconds(alive - 0.001));
        Assert.Equal(1, _lab.Muxer.FlowCount);
        _lab.Advance(TimeSpan.FromSeconds(ended - alive));
        Assert.Equal(0, _lab.Muxer.FlowCount);
        Assert.Equal(0, _lab.Limiter.Active);
        Assert.Equal(0, _lab.Muxer.Counters(0).Active);
        Assert.Equal(0, _lab.Muxer.Counters(0).Failed);
    }

    [Fact]
    public void C28_TrafficOneWayKeepsAFlow()
    {
        _lab.Open(_lab.First, 1, idle: 2);
        _lab.Open(_lab.First, 2, idle: 2);
        _lab.First.Payload(2, "hello"u8);
        _lab.Round();
        var from = _lab.AtOrigin().From;
        for (var i = 0; i < 5; i++)
        {
            _lab.First.Payload(1, "in"u8);
            _lab.Origin.SendTo("out"u8.ToArray(), from);
            _lab.Reply(_lab.First, 2);
            _lab.Advance(TimeSpan.FromSeconds(1.5));
        }
        Assert.Equal(2, _lab.Muxer.FlowCount);
        _lab.Advance(TimeSpan.FromSeconds(2.2));
        Assert.Equal(0, _lab.Muxer.FlowCount);
    }

    [Fact]
    public void C26_AnOriginsDatagramOf1281BytesIsDropped_AndTheFlowLivesOn()
    {
        _lab.Open(_lab.First, 7);
        _lab.First.Payload(7, "go"u8);
        _lab.Round();
        var from = _lab.AtOrigin().From;
        _lab.Origin.SendTo(new byte[1281], from);
        _lab.Origin.SendTo(new byte[9000], from);
        _lab.Origin.SendTo(new byte[1280], from);
        Assert.Equal(1280, _lab.Reply(_lab.First, 7).Length);
        Assert.Equal(2, _lab.Muxer.Counters(0).Dropped(DropReason.ReadTooLarge));
        Assert.Equal(1, _lab.Muxer.FlowCount);
    }

    [Fact]
    public void C33_AReplyTooLongForThePathIsDropped_AndTheFlowLivesOn()
    {
        _lab.Open(_lab.First, 7);
        _lab.First.MaxDatagramPayload = 1200;
        _lab.First.Payload(7, "go"u8);
        _lab.Round();
        var from = _lab.AtOrigin().From;
        _lab.Origin.SendTo(new byte[1184], from);
        _lab.Origin.SendTo(new byte[1183], from);
        Assert.Equal(1183, _lab.Reply(_lab.First, 7).Length);
        Assert.Equal(1, _lab.Muxer.Counters(0).Dropped(DropReason.ReadExceedsPath));
        Assert.Equal(0, _lab.Muxer.Counters(0).Failed);
    }

    [Fact]
    public void AFullQueueToTheEdgeDropsTheNewest()
    {
        _lab.Open(_lab.First, 7);
        _lab.First.Payload(7, "go"u8);
        _lab.Round();
        var from = _lab.AtOrigin().From;
        _lab.First.IsFull = true;
        _lab.Origin.SendTo("lost"u8.ToArray(), from);
        _lab.Until(() => _lab.Muxer.Counters(0).Dropped(DropReason.SendFull) == 1);
        _lab.First.IsFull = false;
        _lab.Origin.SendTo("kept"u8.ToArray(), from);
        Assert.Equal("kept"u8.ToArray(), _lab.Reply(_lab.First, 7));
    }

    [Fact]
    public void C29_ARefusedPortEndsTheFlow_AndTheEdgeIsNotTold()
    {
        var closed = _lab.Port;
        _lab.Origin.Dispose();
        _lab.First.Register(7, MuxerLab.Loopback, closed);
        _lab.Round();
        Assert.Equal(RegistrationOutcome.Ok, _lab.Response(_lab.First, 7));
        _lab.First.Payload(7, "anybody"u8);
        _lab.Until(() => _lab.Muxer.FlowCount == 0);
        Assert.Equal(1, _lab.Muxer.Counters(0).Failed);
        Assert.Equal(0, _lab.Limiter.Active);
        Assert.Empty(_lab.First.ToEdge);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ARefusedPortIsToldToAnEdgeThatAskedForIt_AlsoWhenTheFlowHasMoved(bool moves)
    {
        var closed = _lab.Port;
        _lab.Origin.Dispose();
        _lab.First.Register(7, MuxerLab.Loopback, closed, wantsUnreachable: true);
        _lab.Round();
        Assert.Equal(RegistrationOutcome.Ok, _lab.Response(_lab.First, 7));
        var bound = moves ? _lab.Second : _lab.First;
        if (moves)
        {
            bound.Register(7, MuxerLab.Loopback, closed, wantsUnreachable: true);
            _lab.Round();
            Assert.Equal(RegistrationOutcome.Ok, _lab.Response(bound, 7));
        }
        bound.Payload(7, "anybody"u8);
        _lab.Until(() => _lab.Muxer.FlowCount == 0);
        Assert.Equal(RegistrationOutcome.DestinationUnreachable, _lab.Response(bound, 7));
        Assert.Empty(_lab.First.ToEdge);
        Assert.Equal((1, 0), (_lab.Muxer.Counters(0).Failed, _lab.Limiter.Active));
    }

    [Fact]
    public void ABatchThatFillsItsPlacesToTheLastIsAnsweredWhenItEnds()
    {
        using var lab = new MuxerLab(new DatagramMuxerOptions { InboundSlots = 4 });
        for (var id = 1; id <= 4; id++)
            lab.First.Register((UInt128)id, MuxerLab.Loopback, lab.Port);
        Assert.Equal(0, lab.First.Flushes);
        lab.First.EndBatch();
        Assert.Equal((4, 1), (lab.First.ToEdge.Count, lab.First.Flushes));
    }
}
