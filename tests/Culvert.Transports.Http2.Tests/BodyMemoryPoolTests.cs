using System.Buffers;

namespace Culvert.Transports.Http2.Tests;

public sealed class BodyMemoryPoolTests
{
    [Fact]
    public void Rentals_do_not_allocate_and_never_share_a_block()
    {
        using var pool = new BodyMemoryPool();
        var rented = new IMemoryOwner<byte>[64];
        Round(pool, rented);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            Round(pool, rented);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(pool.MaxBufferSize + 1));
    }

    [Fact]
    public void Block_that_is_returned_twice_is_lent_once()
    {
        using var pool = new BodyMemoryPool();
        var block = pool.Rent();
        block.Dispose();
        block.Dispose();
        var rented = Enumerable.Range(0, 2000).Select(_ => pool.Rent()).ToArray();

        Assert.Equal(rented.Length, rented.Distinct().Count());
        Array.ForEach(rented, one => one.Dispose());
    }

    private static void Round(BodyMemoryPool pool, IMemoryOwner<byte>[] rented)
    {
        for (var i = 0; i < rented.Length; i++)
        {
            rented[i] = pool.Rent();
            rented[i].Memory.Span.Fill((byte)i);
        }

        for (var i = 0; i < rented.Length; i++)
        {
            if (rented[i].Memory.Span.ContainsAnyExcept((byte)i))
            {
                Assert.Fail("Two rentals share a block.");
            }

            rented[i].Dispose();
        }
    }
}
