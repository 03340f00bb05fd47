using Culvert.Engine.Datagrams.Muxer;

namespace Culvert.Engine.Tests.Datagrams.Muxer;

[Trait("Category", "Unit")]
public sealed unsafe class InboundRingTests
{
    [Fact]
    public void KeepsOrderAndContent_BetweenTwoThreads()
    {
        var ring = new InboundRing(64);
        const int count = 100_000;
        var producer = new Thread(() =>
        {
            var bytes = new byte[200];
            for (var i = 0; i < count;)
            {
                BitConverter.TryWriteBytes(bytes, i);
                var before = ring.Dropped;
                ring.Write(bytes.AsSpan(0, 4 + (i % 100)));
                if (ring.Dropped == before)
                    i++;
                else
                    Thread.Yield();
            }
        });
        producer.Start();
        for (var next = 0; next < count;)
        {
            var available = ring.Available;
            for (var i = 0; i < available; i++, next++)
            {
                var data = ring.Peek(i, out var length);
                Assert.Equal(4 + (next % 100), length);
                Assert.Equal(next, *(int*)data);
            }
            ring.Release(available);
            if (available == 0)
                Thread.Yield();
        }
        producer.Join();
        Assert.True(ring.IsEmpty);
    }

    [Fact]
    public void TheNewestIsDroppedWhenItIsFull_AndWhatFitsNoSlot()
    {
        var ring = new InboundRing(16);
        for (var i = 0; i < 20; i++)
            ring.Write([(byte)i]);
        Assert.Equal(16, ring.Available);
        Assert.Equal(4, ring.Dropped);
        Assert.Equal(0, *ring.Peek(0, out _));
        ring.Release(16);
        ring.Write(new byte[InboundRing.MaxDatagram]);
        ring.Write(new byte[InboundRing.MaxDatagram + 1]);
        Assert.Equal(1, ring.Available);
        Assert.Equal(5, ring.Dropped);
    }
}
