using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;

namespace Culvert.Transports.Quic.Tests.Streams;

[Trait("Category", "Functional")]
public sealed class StreamTests : IDisposable
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(30));

    private CancellationToken Token => _limit.Token;

    public void Dispose() => _limit.Dispose();

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

    [Theory]
    [InlineData(20_000_000, 1)]
    [InlineData(300_000, 100)]
    public async Task CarriesManyBytesIntact(int size, int streams)
    {
        await using var pair = await QuicPair.CreateAsync(cancellationToken: Token);
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

    private async Task<byte[]> HashAsync(QuicStream stream)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        while (true)
        {
            var result = await stream.Input.ReadAsync(Token);
            foreach (var part in result.Buffer)
                hash.AppendData(part.Span);
            stream.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
                break;
        }
        await stream.DisposeAsync();
        return hash.GetHashAndReset();
    }

    private async Task<byte[]> ReadAllAsync(PipeReader reader)
    {
        while (true)
        {
            var result = await reader.ReadAsync(Token);
            if (result.IsCompleted)
            {
                var all = result.Buffer.ToArray();
                reader.AdvanceTo(result.Buffer.End);
                return all;
            }
            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }
}
