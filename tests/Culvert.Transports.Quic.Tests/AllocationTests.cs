using Culvert.Transports.Quic.Streams;

namespace Culvert.Transports.Quic.Tests;

/// <summary>The steady state allocates nothing: a million of each, counted over the whole process.</summary>
[Trait("Category", "Slow")]
public sealed class AllocationTests : FunctionalTest
{
    private const int Count = 1_000_000;

    // The runtime's own background (tiered compilation, timers) is not ours to count; one byte per operation would be a megabyte.
    private const long Background = 300_000;

    public AllocationTests()
        : base(TimeSpan.FromMinutes(5))
    {
    }

    [Fact]
    public async Task StreamReadsAndWritesAndPackets()
    {
        await using var pair = await QuicPair.CreateAsync(cancellationToken: Token);
        var (near, far) = await OpenAsync(pair.Client, pair.Server);
        await PumpAsync(near, far, Count / 5);
        FillPool();
        var before = GC.GetTotalAllocatedBytes(precise: true);
        await PumpAsync(near, far, Count);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, Background);
        await near.DisposeAsync();
        await far.DisposeAsync();
    }

    [Fact]
    public async Task Datagrams()
    {
        await using var pair = await QuicPair.CreateAsync(cancellationToken: Token);
        await DatagramsAsync(pair, Count / 5);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        await DatagramsAsync(pair, Count);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, Background);
    }

    // How many blocks one stream holds at its peak is up to the scheduler; the windows and the send limit say how many it may
    // hold.
    private static void FillPool()
    {
        const int most = (6 + 8) * 1024 * 1024 / Block.PooledSize;
        var blocks = new Block[most * 2];
        for (var i = 0; i < blocks.Length; i++)
            blocks[i] = BlockPool.Shared.Rent();
        foreach (var block in blocks)
            BlockPool.Shared.Return(block);
    }

    private Task PumpAsync(QuicStream near, QuicStream far, int writes)
    {
        const int size = 1000;
        var reading = Task.Run(async () =>
        {
            for (long left = (long)writes * size; left > 0;)
            {
                var result = await far.Input.ReadAsync();
                left -= result.Buffer.Length;
                far.Input.AdvanceTo(result.Buffer.End);
            }
        });
        var writing = Task.Run(async () =>
        {
            var payload = new byte[size];
            for (var i = 0; i < writes; i++)
                await near.Output.WriteAsync(payload);
        });
        return Task.WhenAll(reading, writing).WaitAsync(Token);
    }

    private Task DatagramsAsync(QuicPair pair, int count) => Task.Run(() =>
    {
        var payload = new byte[1000];
        var buffer = new byte[2048];
        var before = pair.Server.Statistics.DatagramsReceived;
        for (var i = 0; i < count; i++)
        {
            while (!pair.Client.TrySendDatagram(payload))
                Thread.Yield();
            while (pair.Server.TryReceiveDatagram(buffer, out _))
            {
            }
        }
        while (pair.Server.Statistics.DatagramsReceived - before < count * 9L / 10)
            Token.ThrowIfCancellationRequested();
    });
}
