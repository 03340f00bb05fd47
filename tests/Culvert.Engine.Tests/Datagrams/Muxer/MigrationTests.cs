using System.Text;
using Culvert.Engine.Datagrams.Muxer;
using Culvert.Engine.Datagrams.V3;

namespace Culvert.Engine.Tests.Datagrams.Muxer;

[Trait("Category", "Functional")]
public sealed class MigrationTests : IDisposable
{
    private readonly MuxerLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void C20_C21_AFlowMovesToTheConnectionThatRegistersIt_AndDiesWithThatOne()
    {
        _lab.Open(_lab.First, 7);
        _lab.First.Payload(7, "a"u8);
        _lab.Round();
        var before = _lab.AtOrigin().From;
        _lab.Open(_lab.Second, 7);
        Assert.Equal(1, _lab.Muxer.Counters(1).Migrated);
        _lab.Second.Payload(7, "b"u8);
        _lab.Round();
        var after = _lab.AtOrigin().From;
        Assert.Equal(before, after);
        _lab.First.Close();
        _lab.Round();
        _lab.Origin.SendTo("reply"u8.ToArray(), after);
        Assert.Equal("reply"u8.ToArray(), _lab.Reply(_lab.Second, 7));
        _lab.Second.Close();
        _lab.Until(() => _lab.Muxer.FlowCount == 0);
        Assert.Equal(0, _lab.Limiter.Active);
        Assert.Equal(0, _lab.Muxer.Counters(0).Active);
        Assert.Equal(0, _lab.Muxer.Counters(0).Failed + _lab.Muxer.Counters(1).Failed);
    }

    [Fact]
    public void C22_PayloadsAreTakenFromAnyConnection()
    {
        _lab.Open(_lab.First, 7);
        _lab.Second.Payload(7, "elsewhere"u8);
        _lab.Round();
        var (payload, from) = _lab.AtOrigin();
        Assert.Equal("elsewhere"u8.ToArray(), payload);
        _lab.Origin.SendTo("back"u8.ToArray(), from);
        Assert.Equal("back"u8.ToArray(), _lab.Reply(_lab.First, 7));
    }

    [Fact]
    public void C34_AReconnectUnderTheSameIndexIsAnotherConnection()
    {
        _lab.Open(_lab.First, 7);
        _lab.First.Payload(7, "a"u8);
        _lab.Round();
        var from = _lab.AtOrigin().From;
        var again = _lab.Attach(0);
        _lab.Open(again, 7);
        Assert.Equal(1, _lab.Muxer.Counters(0).Migrated);
        Assert.Equal(0, _lab.Muxer.Counters(0).Retries);
        _lab.Origin.SendTo("reply"u8.ToArray(), from);
        Assert.Equal("reply"u8.ToArray(), _lab.Reply(again, 7));
        _lab.First.Close();
        _lab.Round();
        Assert.Equal(1, _lab.Muxer.FlowCount);
        Assert.Empty(_lab.First.ToEdge);
    }

    [Fact]
    public void C30_ThousandsOfFlowsEndWithTheirConnection_ButThoseThatMovedOn()
    {
        const int flows = 1500;
        for (var i = 1; i <= flows; i++)
        {
            _lab.First.Register((UInt128)i, MuxerLab.Loopback, _lab.Port);
            if (i % 200 == 0)
                _lab.Round();
        }
        _lab.Until(() => _lab.Muxer.FlowCount == flows);
        _lab.Open(_lab.Second, 1);
        _lab.First.Close();
        Assert.Equal(1, _lab.Muxer.FlowCount);
        Assert.Equal(1, _lab.Limiter.Active);
        Assert.Equal(0, _lab.Muxer.Counters(0).Failed);
    }

    [Fact]
    public void AFlowThatEndedIsOpenedAfresh()
    {
        _lab.Open(_lab.First, 7, idle: 1);
        _lab.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(0, _lab.Muxer.FlowCount);
        _lab.Open(_lab.Second, 7);
        Assert.Equal(0, _lab.Muxer.Counters(1).Migrated);
        Assert.Equal(1, _lab.Muxer.Counters(1).Total);
    }

    [Fact]
    public void AFlowThatEndsWhileItIsAskedForIsOpenedAfresh_AndItsBundledPayloadIsSent()
    {
        _lab.Open(_lab.First, 7);
        _lab.Second.Register(7, MuxerLab.Loopback, _lab.Port, payload: "bundled"u8);
        _lab.Second.Round();
        _lab.First.Close();
        _lab.Second.Round();
        Assert.Equal(RegistrationOutcome.Ok, _lab.Response(_lab.Second, 7));
        Assert.Equal("bundled"u8.ToArray(), _lab.AtOrigin().Payload);
        Assert.Equal((0, 1), (_lab.Muxer.Counters(1).Migrated, _lab.Muxer.Counters(1).Total));
        Assert.Equal((1, 1), (_lab.Muxer.FlowCount, _lab.Limiter.Active));
    }

    [Fact]
    public void AFlowWhoseNewConnectionEndsBeforeItArrivesIsGone_AndItsPlaceWithIt()
    {
        _lab.Open(_lab.First, 7);
        _lab.Second.Register(7, MuxerLab.Loopback, _lab.Port);
        _lab.Second.Round();
        _lab.First.Round();
        _lab.Second.Close();
        Assert.Equal((0, 0, 0), (_lab.Muxer.FlowCount, _lab.Limiter.Active, _lab.Muxer.Counters(0).Active));
        _lab.Open(_lab.First, 7);
        Assert.Equal(2, _lab.Muxer.Counters(0).Total);
    }

    [Fact]
    public void AFlowThatIsAskedForTwiceMovesOnce_AndIsAnsweredOnce()
    {
        _lab.Open(_lab.First, 7);
        _lab.Second.Register(7, MuxerLab.Loopback, _lab.Port);
        _lab.Second.Round();
        _lab.Second.Register(7, MuxerLab.Loopback, _lab.Port);
        _lab.Round();
        Assert.Equal(RegistrationOutcome.Ok, _lab.Response(_lab.Second, 7));
        Assert.Empty(_lab.Second.ToEdge);
        Assert.Equal((1, 0), (_lab.Muxer.Counters(1).Migrated, _lab.Muxer.Counters(1).Retries));
    }

    [Fact]
    public void PayloadsFollowAFlowThatMoves()
    {
        _lab.Open(_lab.First, 7);
        _lab.Second.Register(7, MuxerLab.Loopback, _lab.Port);
        _lab.Second.Payload(7, "right behind"u8);
        _lab.First.Payload(7, "on the old one"u8);
        _lab.Round();
        string[] received = [
            Encoding.ASCII.GetString(_lab.AtOrigin().Payload), Encoding.ASCII.GetString(_lab.AtOrigin().Payload)];
        Assert.Equal(["on the old one", "right behind"], received.Order());
    }

    [Fact]
    public void NoMoreThanAThousandPayloadsAreOnTheirWayToOtherConnections()
    {
        _lab.Open(_lab.First, 7);
        for (var i = 0; i < 1500; i++)
            _lab.Second.Payload(7, "x"u8);
        _lab.Second.Round();
        Assert.Equal(1500 - 1024, _lab.Muxer.Counters(1).Dropped(DropReason.WriteFull));
        _lab.Round();
        _lab.Second.Payload(7, "x"u8);
        _lab.Round();
        Assert.Equal(1500 - 1024, _lab.Muxer.Counters(1).Dropped(DropReason.WriteFull));
    }
}
