using Culvert.Engine.Datagrams.Muxer;

namespace Culvert.Engine.Tests.Datagrams.Muxer;

[Trait("Category", "Unit")]
public sealed class FlowMemoryTests
{
    private const int Flows = 50_000;
    private const int MostBytes = 1536;

    // Without sockets, of which a system allows fewer. What the tables outgrew is counted too, so it is rather less.
    [Fact]
    public void AFlowCostsLessThanOneAndAHalfKibibytesBesideItsSocket()
    {
        using var lab = new MuxerLab();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var table = new FlowTable();
        var wheel = new TimerWheel(0);
        var owners = new FlowOwners();
        for (var i = 0; i < Flows; i++)
        {
            var flow = table.Add((UInt128)i * 0x9E37_79B9_7F4A_7C15);
            flow.IdlePeriod = 210_000;
            wheel.Add(flow);
            owners.Add(flow.Id, lab.First.Flows);
        }
        var bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / Flows;
        Assert.Equal(Flows, table.Count);
        Assert.InRange(bytes, 100, MostBytes / 2);
    }
}
