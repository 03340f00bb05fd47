using System.Security.Cryptography;
using Culvert.Transports.Quic.Streams;

namespace Culvert.Transports.Quic.Tests.Streams;

[Trait("Category", "Functional")]
public sealed class StreamTests : FunctionalTest
{
    [Fact]
    public async Task EchoesBytesBothWays_AndEndsWithFin()
    {
        await using var pair = await QuicPair.CreateAsync(cancellationToken: Token);
        var stream = await pair.Client.OpenStreamAsync(Token);
        Assert.Equal(0, stream.Id);
        await stream.Output.WriteAsync("hello"u8.ToArray(), Token);
        await stream.Output.CompleteAsync();

        var accepted = await pair.Server.AcceptStreamAsync(Token);
        Assert.Equal(0, accepted.Id);
        Assert.Equal("hello"u8.ToArray(), await ReadAllAsync(accepted.Input));
        await accepted.Output.WriteAsync("world"u8.ToArray(), Token);
        await accepted.Output.CompleteAsync();
        Assert.Equal("world"u8.ToArray(), await ReadAllAsync(stream.Input));
        await stream.DisposeAsync();
        await accepted.DisposeAsync();
    }

    [Fact]
    public async Task ServersOpenStreamsToo()
    {
        await using var pair = await QuicPair.CreateAsync(cancellationToken: Token);
        var (near, far) = await OpenAsync(pair.Server, pair.Client);
        Assert.Equal(1, near.Id);
        Assert.Equal(1, far.Id);
        await near.DisposeAsync();
        await far.DisposeAsync();
    }

    [Theory]
    [InlineData(20_000_000, 1, false)]
    [InlineData(20_000_000, 1, true)]
    [InlineData(300_000, 100, false)]
    public async Task CarriesManyBytesIntact_AndHoldsNoMemoryAfterwards(int size, int streams, bool inline)
    {
        var rented = BlockPool.Shared.Rented;
        await using (var pair = await QuicPair.CreateAsync(
            server => server with { Transport = server.Transport with { InlineContinuations = inline } },
            client => client with { Transport = client.Transport with { InlineContinuations = inline } }, Token))
        {
            var payload = RandomNumberGenerator.GetBytes(size);
            var hash = SHA256.HashData(payload);
            var receiving = Task.Run(async () =>
            {
                var readers = new List<Task<byte[]>>();
                for (var i = 0; i < streams; i++)
                    readers.Add(HashAsync(await pair.Server.AcceptStreamAsync(Token)));
                return await Task.WhenAll(readers);
            });
            var sending = Enumerable.Range(0, streams).Select(async _ =>
            {
                var stream = await pair.Client.OpenStreamAsync(Token);
                await stream.Output.WriteAsync(payload, Token);
                await stream.DisposeAsync();
            });
            await Task.WhenAll(sending);
            Assert.All(await receiving, actual => Assert.Equal(hash, actual));
        }
        await UntilAsync(() => BlockPool.Shared.Rented == rented);
    }

    [Fact]
    public async Task StreamsThatNobodyAcceptedHoldNothingAfterTheEnd()
    {
        const int streams = 20;
        var rented = BlockPool.Shared.Rented;
        await using (var pair = await QuicPair.CreateAsync(cancellationToken: Token))
        {
            for (var i = 0; i < streams; i++)
            {
                var stream = await pair.Client.OpenStreamAsync(Token);
                await stream.Output.WriteAsync(new byte[5000], Token);
                await stream.DisposeAsync();
            }
            await UntilAsync(() => pair.Server.Statistics.OpenStreams == streams);
            Assert.True(BlockPool.Shared.Rented > rented);
            await pair.Client.CloseAsync();
            await pair.Server.Closed.WaitAsync(Token);
            await Assert.ThrowsAsync<QuicConnectionException>(async () => await pair.Server.AcceptStreamAsync(Token));
        }
        await UntilAsync(() => BlockPool.Shared.Rented == rented);
    }

    [Fact]
    public async Task AnEmptyStreamIsOnlyItsEnd()
    {
        await using var pair = await QuicPair.CreateAsync(cancellationToken: Token);
        var stream = await pair.Client.OpenStreamAsync(Token);
        await stream.Output.CompleteAsync();
        var accepted = await pair.Server.AcceptStreamAsync(Token);
        Assert.Empty(await ReadAllAsync(accepted.Input));
        await accepted.DisposeAsync();
        Assert.Empty(await ReadAllAsync(stream.Input));
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task AThousandStreamsInTurn_PassALimitOfFour()
    {
        await using var pair = await QuicPair.CreateAsync(
            server => server with { Transport = server.Transport with { MaxIncomingStreams = 4 } }, cancellationToken: Token);
        var serving = Task.Run(async () =>
        {
            for (var i = 0; i < 1000; i++)
            {
                var accepted = await pair.Server.AcceptStreamAsync(Token);
                await accepted.Output.WriteAsync(await ReadAllAsync(accepted.Input), Token);
                await accepted.DisposeAsync();
            }
        });
        var left = 1000;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async worker =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                var stream = await pair.Client.OpenStreamAsync(Token);
                await stream.Output.WriteAsync(new byte[] { (byte)worker, 2, 3 }, Token);
                await stream.Output.CompleteAsync();
                Assert.Equal([(byte)worker, 2, 3], await ReadAllAsync(stream.Input));
                await stream.DisposeAsync();
            }
        }));
        await serving;
        await UntilAsync(() => pair.Server.Statistics.OpenStreams == 0);
    }

    [Fact]
    public async Task OpeningWaitsForThePeersPermission_AndCanBeGivenUp()
    {
        await using var pair = await QuicPair.CreateAsync(
            server => server with { Transport = server.Transport with { MaxIncomingStreams = 1 } },
            client => client with { Transport = client.Transport with { MaxWaitingOpens = 1 } }, Token);
        var (near, far) = await OpenAsync(pair.Client, pair.Server);
        using var giveUp = new CancellationTokenSource();
        var abandoned = pair.Client.OpenStreamAsync(giveUp.Token).AsTask();
        await Assert.ThrowsAsync<QuicStreamException>(async () => await pair.Client.OpenStreamAsync(Token));
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => abandoned);
        await near.DisposeAsync();
        await far.DisposeAsync();
        // The abandoned one is opened and closed; the next waits behind it.
        var accepted = await pair.Server.AcceptStreamAsync(Token);
        await accepted.DisposeAsync();
        var next = await pair.Client.OpenStreamAsync(Token);
        Assert.Equal(8, next.Id);
        await next.DisposeAsync();
    }

    [Fact]
    public async Task ASlowReaderStopsTheWriter_AndLetsItGoOn()
    {
        const int window = 64 * 1024, limit = 64 * 1024, total = 4 * 1024 * 1024;
        await using var pair = await QuicPair.CreateAsync(
            server => server with
            {
                Transport = server.Transport with { InitialStreamWindow = window, MaxStreamWindow = window },
            },
            client => client with { Transport = client.Transport with { StreamSendLimit = limit } }, Token);
        var (near, far) = await OpenAsync(pair.Client, pair.Server);
        long written = 0;
        var writing = Task.Run(async () =>
        {
            var chunk = new byte[16 * 1024];
            while (written < total)
            {
                await near.Output.WriteAsync(chunk, Token);
                Interlocked.Add(ref written, chunk.Length);
            }
            await near.DisposeAsync();
        });
        var result = await far.Input.ReadAtLeastAsync(window - 1024, Token);
        far.Input.AdvanceTo(result.Buffer.Start);
        await UntilAsync(() => Interlocked.Read(ref written) >= limit);
        Assert.False(writing.IsCompleted);
        Assert.InRange(Interlocked.Read(ref written), limit, window + limit + (32 * 1024));
        var bytes = (await HashAndCountAsync(far)).Count;
        Assert.Equal(total, bytes);
        await writing;
    }

    [Fact]
    public async Task LargeSizeHintsAreHonoured()
    {
        await using var pair = await QuicPair.CreateAsync(cancellationToken: Token);
        var stream = await pair.Client.OpenStreamAsync(Token);
        var memory = stream.Output.GetMemory(100_000);
        Assert.True(memory.Length >= 100_000);
        memory.Span[..100_000].Fill(9);
        stream.Output.Advance(100_000);
        await stream.DisposeAsync();
        var accepted = await pair.Server.AcceptStreamAsync(Token);
        Assert.Equal(Enumerable.Repeat((byte)9, 100_000), await ReadAllAsync(accepted.Input));
        await accepted.DisposeAsync();
    }

    private async Task<byte[]> HashAsync(QuicStream stream) => (await HashAndCountAsync(stream)).Hash;

    private async Task<(byte[] Hash, long Count)> HashAndCountAsync(QuicStream stream)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long count = 0;
        while (true)
        {
            var result = await stream.Input.ReadAsync(Token);
            foreach (var part in result.Buffer)
                hash.AppendData(part.Span);
            count += result.Buffer.Length;
            stream.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
                break;
        }
        await stream.DisposeAsync();
        return (hash.GetHashAndReset(), count);
    }
}
