using Culvert.Engine.Datagrams.Muxer;

namespace Culvert.Engine.Tests.Datagrams.Muxer;

[Trait("Category", "Unit")]
public sealed class FlowTableTests
{
    [Fact]
    public void BehavesAsADictionaryDoes()
    {
        var table = new FlowTable();
        var model = new Dictionary<UInt128, Flow>();
        var random = new Random(3);
        for (var i = 0; i < 200_000; i++)
        {
            // Half of the ids differ in their upper half alone.
            var id = random.Next(2) == 0 ? (UInt128)random.Next(3000) : (UInt128)random.Next(3000) << 64;
            if (table.TryFind(id, out var flow))
            {
                Assert.Same(model[id], flow);
                Assert.Same(flow, table.BySlot(flow.Slot));
                if (random.Next(2) == 0)
                    continue;
                table.Remove(id);
                table.Recycle(flow);
                model.Remove(id);
            }
            else
            {
                Assert.False(model.ContainsKey(id));
                model.Add(id, table.Add(id));
            }
            Assert.Equal(model.Count, table.Count);
        }
        foreach (var (id, flow) in model)
        {
            Assert.True(table.TryFind(id, out var found));
            Assert.Same(flow, found);
        }
    }

    [Fact]
    public void TheIdsOfZeroAndOnesAreOrdinary()
    {
        var table = new FlowTable();
        Assert.False(table.TryFind(0, out _));
        var zero = table.Add(0);
        var ones = table.Add(UInt128.MaxValue);
        Assert.True(table.TryFind(0, out var found));
        Assert.Same(zero, found);
        Assert.True(table.TryFind(UInt128.MaxValue, out found));
        Assert.Same(ones, found);
    }
}
