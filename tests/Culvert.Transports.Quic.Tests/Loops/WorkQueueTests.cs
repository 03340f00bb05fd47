using Culvert.Transports.Quic.Loop;

namespace Culvert.Transports.Quic.Tests.Loops;

[Trait("Category", "Unit")]
public sealed class WorkQueueTests
{
    [Fact]
    public void TakesEverythingOldestFirst()
    {
        var queue = new WorkQueue();
        var items = Enumerable.Range(0, 5).Select(_ => new Counter()).ToArray();
        foreach (var item in items)
            queue.Push(item);
        var taken = new List<WorkItem>();
        for (var item = queue.TakeAll(); item is not null; item = item.NextPosted)
            taken.Add(item);
        Assert.Equal(items, taken);
        Assert.True(queue.IsEmpty);
        Assert.Null(queue.TakeAll());
    }

    [Fact]
    public void AnItemIsQueuedOnce_AndAgainWhenWantedDuringItsRun()
    {
        var item = new Counter();
        Assert.True(item.TryClaimPost());
        Assert.False(item.TryClaimPost());
        item.BeginRun();
        Assert.True(item.IsPosted);
        Assert.True(item.EndRun());
        Assert.False(item.IsPosted);
        Assert.True(item.TryClaimPost());
        item.BeginRun();
        Assert.False(item.TryClaimPost());
        Assert.False(item.EndRun());
        item.BeginRun();
        Assert.True(item.EndRun());
    }

    [Fact]
    public async Task NothingPublishedBeforeAPostIsMissed()
    {
        const int producers = 3, rounds = 100_000;
        var queue = new WorkQueue();
        var item = new Counter();
        var published = 0;
        var tasks = Enumerable.Range(0, producers).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < rounds; i++)
            {
                Interlocked.Increment(ref published);
                if (item.TryClaimPost())
                    queue.Push(item);
            }
        })).ToArray();
        var all = Task.WhenAll(tasks);
        var seen = 0;
        while (!all.IsCompleted || !queue.IsEmpty)
        {
            if (queue.TakeAll() is not { } taken)
                continue;
            Assert.Null(taken.NextPosted);
            taken.BeginRun();
            seen = Volatile.Read(ref published);
            if (!taken.EndRun())
                queue.Push(taken);
        }
        await all;
        Assert.Equal(producers * rounds, seen);
    }

    private sealed class Counter : WorkItem
    {
        internal override void RunOnLoop()
        {
        }
    }
}
