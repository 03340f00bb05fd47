using Culvert.Transports.Quic.Datagrams;

namespace Culvert.Transports.Quic.Tests.Datagrams;

[Trait("Category", "Unit")]
public sealed unsafe class DatagramRingTests
{
    [Fact]
    public void KeepsOrderAndContent_AcrossManyTurns()
    {
        var ring = new DatagramRing(4096);
        var random = new Random(1);
        var expected = new Queue<byte[]>();
        for (var i = 0; i < 20_000; i++)
        {
            var payload = new byte[random.Next(0, 1300)];
            random.NextBytes(payload);
            if (ring.TryWrite(payload))
                expected.Enqueue(payload);
            while (random.Next(3) == 0 && ring.TryPeek(out var data, out var length))
            {
                Assert.Equal(expected.Dequeue(), new ReadOnlySpan<byte>(data, length).ToArray());
                ring.Pop();
            }
            Assert.Equal(expected.Count == 0, ring.IsEmpty);
        }
        Assert.True(ring.Dropped > 0);
    }

    [Fact]
    public void AFullRingRefuses_AndCounts()
    {
        var ring = new DatagramRing(4096);
        var kept = 0;
        while (ring.TryWrite(new byte[100]))
            kept++;
        Assert.Equal(4096 / 104, kept);
        Assert.False(ring.TryWrite(new byte[100]));
        Assert.Equal(2, ring.Dropped);
        Assert.True(ring.TryPeek(out _, out _));
        ring.Pop();
        Assert.True(ring.TryWrite(new byte[100]));
    }

    [Fact]
    public void OneLargerThanTheRingIsRefused() => Assert.False(new DatagramRing(4096).TryWrite(new byte[5000]));
}
