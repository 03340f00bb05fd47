using System.Buffers;
using System.Collections.Concurrent;

namespace Culvert.Transports.Http2;

/// <summary>
/// The memory of the server role's bodies, for all connections of the process: blocks of one size, each a whole frame of an
/// ordinary peer, whose owners are kept with them. The platform's shared pool allocates an owner for each rental, and loses
/// arrays that are returned by another thread than the one that rented them.
/// </summary>
/// <remarks>Thread-safe. Keeps up to 16 MiB of blocks that nobody uses; more are left to the collector.</remarks>
internal sealed class BodyMemoryPool : MemoryPool<byte>
{
    /// <summary>Largest payload of a frame unless the peer allows more (RFC 9113, section 4.2).</summary>
    private const int BlockBytes = 16 * 1024;

    private const int MostKept = 1024;

    private readonly ConcurrentQueue<Block> _kept = new();
    private int _count;

    public static BodyMemoryPool Instance { get; } = new();

    public override int MaxBufferSize => BlockBytes;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        if (!_kept.TryDequeue(out var block))
        {
            return new Block(this);
        }

        Interlocked.Decrement(ref _count);
        block.Lend();
        return block;
    }

    /// <summary>Does nothing: the pool lives as long as the process.</summary>
    protected override void Dispose(bool disposing)
    {
    }

    private void Return(Block block)
    {
        if (Interlocked.Increment(ref _count) <= MostKept)
        {
            _kept.Enqueue(block);
        }
        else
        {
            Interlocked.Decrement(ref _count);
        }
    }

    private sealed class Block(BodyMemoryPool pool) : IMemoryOwner<byte>
    {
        private readonly byte[] _array = GC.AllocateUninitializedArray<byte>(BlockBytes);
        private int _lent = 1;

        public Memory<byte> Memory => _array;

        public void Lend() => _lent = 1;

        public void Dispose()
        {
            // The second of two returns must not put it in twice.
            if (Interlocked.Exchange(ref _lent, 0) == 1)
            {
                pool.Return(this);
            }
        }
    }
}
