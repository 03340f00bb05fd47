using System.Net;
using System.Security.Cryptography;

namespace Culvert.Transports.Quic.Tests.Faults;

[Trait("Category", "Slow")]
public sealed class BadNetworkTests : FunctionalTest
{
    private const int Mega = 1024 * 1024;

    public BadNetworkTests()
        : base(TimeSpan.FromMinutes(10))
    {
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(50, 0)]
    [InlineData(1, 0.2)]
    public Task DelayAndReorderingLoseNothing(int milliseconds, double reorder) =>
        ArrivesWholeAsync(milliseconds, 0, reorder, 100);

    // Side by side, because each of them waits for its network most of the time. Loss-based congestion control earns a few
    // hundred kilobytes a second over a long path, as the formula says.
    [Fact]
    public Task LossLosesNothing() => Task.WhenAll(
        ArrivesWholeAsync(1, 0.01, 0, 100), ArrivesWholeAsync(1, 0.05, 0, 100),
        ArrivesWholeAsync(50, 0.01, 0, 10), ArrivesWholeAsync(50, 0.05, 0, 3));

    [Fact]
    public async Task ABlackoutIsNoticedWithinTheIdleLimit()
    {
        await using var listener = await QuicListener.BindAsync(QuicPair.ServerOptions, Token);
        using var relay = new ImpairedRelay(listener.LocalEndPoint, TimeSpan.FromMilliseconds(1), 0, 0);
        await using var client = await QuicClient.ConnectAsync(relay.EndPoint, QuicPair.ClientOptions, Token);
        var server = await listener.AcceptAsync(Token);
        await OpenAsync(client, server);
        relay.IsBlackedOut = true;
        var started = TimeProvider.System.GetTimestamp();
        var reasons = await Task.WhenAll(client.Closed, server.Closed).WaitAsync(Token);
        Assert.All(reasons, reason => Assert.Equal(QuicCloseKind.IdleTimeout, reason.Kind));
        Assert.InRange(TimeProvider.System.GetElapsedTime(started).TotalSeconds, 3, 7.5);
    }

    [RootTheory]
    [InlineData(1280)]
    [InlineData(1400)]
    [InlineData(1500)]
    public Task EveryMtuIsFoundAndUsed(int mtu) => TransferAsync(mtu, null);

    [RootTheory(NeedsNetem = true)]
    [InlineData(1500, "delay 50ms")]
    [InlineData(1500, "delay 1ms loss 1%")]
    [InlineData(1500, "delay 1ms loss 5%")]
    [InlineData(1500, "delay 5ms reorder 25% 50%")]
    [InlineData(1280, "delay 1ms loss 1%")]
    public Task TheKernelsOwnFaultsLoseNothing(int mtu, string netem) => TransferAsync(mtu, netem);

    private async Task ArrivesWholeAsync(int milliseconds, double loss, double reorder, int megabytes)
    {
        await using var listener = await QuicListener.BindAsync(QuicPair.ServerOptions, Token);
        using var relay = new ImpairedRelay(listener.LocalEndPoint, TimeSpan.FromMilliseconds(milliseconds), loss, reorder);
        await using var client = await QuicClient.ConnectAsync(relay.EndPoint, QuicPair.ClientOptions, Token);
        var server = await listener.AcceptAsync(Token);
        var sending = SendAsync(client, megabytes * Mega);
        var hash = await HashAsync(await server.AcceptStreamAsync(Token));
        Assert.True(
            await sending == hash, $"{megabytes} MiB with a delay of {milliseconds} ms and a loss of {loss} arrived as others.");
    }

    private async Task TransferAsync(int mtu, string? netem)
    {
        using var network = new NetworkNamespacePair(mtu);
        if (netem is not null)
            network.Shape(netem);
        await using var listener = await ListenAsync(network);
        await using var client = await ConnectAsync(network, listener);
        var server = await listener.AcceptAsync(Token);
        var sending = SendAsync(client, 100 * Mega);
        var hash = await HashAsync(await server.AcceptStreamAsync(Token));
        Assert.Equal(await sending, hash);

        // Discovery gives each size it tries some time, and may still be at it when a fast transfer is through.
        await UntilAsync(() => client.Statistics.PathMtu == Math.Min(mtu - 28, 1452));
    }

    private static Task<QuicListener> ListenAsync(NetworkNamespacePair network) => network.InServer(() => QuicListener.BindAsync(
        QuicPair.ServerOptions with { EndPoint = new IPEndPoint(IPAddress.Any, 0) }).AsTask());

    private Task<QuicConnection> ConnectAsync(NetworkNamespacePair network, QuicListener listener) => network.InClient(() =>
        QuicClient.ConnectAsync(new IPEndPoint(IPAddress.Parse(NetworkNamespacePair.ServerAddress), listener.LocalEndPoint.Port),
            QuicPair.ClientOptions, Token).AsTask());

    private async Task<string> SendAsync(QuicConnection connection, int size)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var stream = await connection.OpenStreamAsync(Token);
        var chunk = new byte[64 * 1024];
        for (var left = size; left > 0; left -= chunk.Length)
        {
            Random.Shared.NextBytes(chunk);
            hash.AppendData(chunk);
            await stream.Output.WriteAsync(chunk, Token);
        }
        await stream.DisposeAsync();
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private async Task<string> HashAsync(QuicStream stream)
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
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
