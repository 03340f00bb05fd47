using Culvert.Engine.Datagrams.Muxer;

namespace Culvert.Engine.Tests.Datagrams.Muxer;

[Trait("Category", "Unit")]
public sealed unsafe class InboundBatchTests
{
    [Fact]
    public void KeepsOrderAndContent_OfAsManyAsItHas_AndStartsAgain()
    {
        using var batch = new InboundBatch(16);
        for (var turn = 0; turn < 3; turn++)
        {
            for (var i = 0; i < 16; i++)
            {
                Assert.False(batch.IsFull);
                batch.Add(Datagram(turn + i));
            }
            Assert.True(batch.IsFull);
            for (var i = 0; i < 16; i++)
            {
                var start = batch.Peek(i, out var length);
                Assert.Equal(Datagram(turn + i), new ReadOnlySpan<byte>(start, length).ToArray());
            }
            batch.Clear();
            Assert.Equal(0, batch.Count);
        }
    }

    // The longest, the empty one, and sizes between.
    private static byte[] Datagram(int number) =>
        [.. Enumerable.Range(number, number % 5 == 0 ? InboundBatch.MaxDatagram : number % 7 * 31).Select(value => (byte)value)];
}
