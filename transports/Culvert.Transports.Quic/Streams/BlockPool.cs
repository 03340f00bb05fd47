namespace Culvert.Transports.Quic.Streams;

/// <summary>
/// Pinned blocks for every stream of the process. Last in, first out, so that what is rented is what the caches still hold.
/// Its size follows the flow-control windows and send limits of the connections alive; slabs are kept for reuse.
/// </summary>
internal sealed class BlockPool
{
    private const int BlocksPerSlab = 64;

    public static readonly BlockPool Shared = new();

    private readonly Lock _gate = new();
    private Block[] _free = new Block[BlocksPerSlab];
    private int _count;
    private int _total;

    /// <summary>Pooled blocks that somebody holds now.</summary>
    public int Rented
    {
        get
        {
            lock (_gate)
                return _total - _count;
        }
    }

    public Block Rent()
    {
        lock (_gate)
        {
            if (_count == 0)
                AddSlab();
            return _free[--_count];
        }
    }

    /// <summary>
    /// A block of at least so many bytes. One larger than the pooled size is the garbage collector's afterwards.
    /// </summary>
    public Block Rent(int atLeast) => atLeast <= Block.PooledSize
        ? Rent()
        : new Block(GC.AllocateUninitializedArray<byte>(atLeast, pinned: true), 0, atLeast);

    public void Return(Block block)
    {
        if (block.Size != Block.PooledSize)
            return;
        // A block in the pool keeps nothing alive.
        block.Begin(0);
        lock (_gate)
            _free[_count++] = block;
    }

    /// <summary>Returns a block and all that follow it.</summary>
    public void ReturnChain(Block? block)
    {
        while (block is not null)
        {
            var next = block.NextBlock;
            Return(block);
            block = next;
        }
    }

    private void AddSlab()
    {
        var slab = GC.AllocateUninitializedArray<byte>(BlocksPerSlab * Block.PooledSize, pinned: true);
        _total += BlocksPerSlab;
        if (_free.Length < _total)
            Array.Resize(ref _free, Math.Max(_total, _free.Length * 2));
        for (var i = BlocksPerSlab - 1; i >= 0; i--)
            _free[_count++] = new Block(slab, i * Block.PooledSize, Block.PooledSize);
    }
}
