namespace Culvert.Engine.Tests.Datagrams.Muxer;

/// <summary>A simulated day of flows that come, move, fail and go: everything returns to zero.</summary>
[Trait("Category", "Functional")]
public sealed class ChurnTests
{
    [Fact]
    public void ADayOfChurnLeavesNothingBehind()
    {
        using var lab = new MuxerLab();
        var sockets = 0;
        var random = new Random(24);
        var connections = new[] { lab.First, lab.Second };
        var opened = 0;
        var most = 0;
        for (var minute = 0; minute < 24 * 60; minute++)
        {
            for (var i = 0; i < 12; i++)
            {
                var at = random.Next(2);
                var id = (UInt128)random.Next(4000);
                var bundled = random.Next(2) == 0 ? "x"u8 : default;
                connections[at].Register(id, MuxerLab.Loopback, lab.Port, random.Next(1, 900), bundled);
                connections[at].Payload((UInt128)random.Next(4000), "y"u8);
                opened++;
            }
            lab.Advance(TimeSpan.FromSeconds(random.Next(1, 120)));
            most = Math.Max(most, lab.Muxer.FlowCount);
            if (minute % 100 == 0)
                sockets = Math.Max(sockets, Sockets(lab.Port));
            while (lab.Origin.Available > 0)
                lab.AtOrigin();
            if (random.Next(30) == 0)
            {
                var at = random.Next(2);
                connections[at].Close();
                connections[at] = lab.Attach((byte)at);
            }
            foreach (var connection in connections)
                connection.ToEdge.Clear();
        }
        Assert.True(most > 20 && opened > 10_000 && sockets > 20);
        lab.Advance(TimeSpan.FromHours(1));
        lab.Round();
        Assert.Equal(0, lab.Muxer.FlowCount);
        Assert.Equal(0, lab.Limiter.Active);
        Assert.Equal(0, lab.Muxer.Counters(0).Active + lab.Muxer.Counters(1).Active);
        Assert.Equal((1024, 0, 0), lab.First.Flows.Sizes);
        Assert.Equal(0, Sockets(lab.Port));
    }

    [Fact]
    public void ATableThatWasLargeIsSmallAgain()
    {
        using var lab = new MuxerLab();
        for (var i = 1; i <= 1500; i++)
        {
            lab.First.Register((UInt128)i << 64 | (UInt128)(i * 7), MuxerLab.Loopback, lab.Port, 5);
            if (i % 250 == 0)
                lab.Round();
        }
        Assert.Equal(1500, lab.Muxer.FlowCount);
        Assert.Equal(2048, lab.First.Flows.Sizes.Capacity);
        lab.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(0, lab.Muxer.FlowCount);
        Assert.Equal((1024, 0, 0), lab.First.Flows.Sizes);
    }

    // Counted by the kernel: other tests of this process open sockets too, but not to this port. While they do, the list can name
    // one twice, so only none is exact.
    private static int Sockets(int port) =>
        File.ReadLines("/proc/self/net/udp").Count(line => line.Contains($"0100007F:{port:X4} 01", StringComparison.Ordinal));
}
