namespace Culvert.Transports.Quic.Tests.Datagrams;

[Trait("Category", "Functional")]
public sealed class DatagramTests : FunctionalTest
{
    [Fact]
    public async Task EverySizeArrives_UpToTheMaximum()
    {
        // On a busy machine discovery can take a late answer for a lost one and stay at a smaller size.
        await using var pair = await QuicPair.CreateAsync(cancellationToken: Token);
        await UntilAsync(() => pair.Client.Statistics.PathMtu >= 1252);
        var largest = pair.Client.MaxDatagramPayload;
        Assert.InRange(largest, 1200, 1452);
        var buffer = new byte[2048];
        foreach (var size in new[] { 0, 1, 64, 1150, largest - 1, largest })
        {
            var payload = new byte[size];
            Random.Shared.NextBytes(payload);
            Assert.True(pair.Client.TrySendDatagram(payload));
            Assert.Equal(size, await pair.Server.ReceiveDatagramAsync(buffer, Token));
            Assert.Equal(payload, buffer[..size]);
        }
        Assert.False(pair.Client.TrySendDatagram(new byte[largest + 1]));
    }

    [Fact]
    public async Task ThePeersLimitCounts()
    {
        await using var pair = await QuicPair.CreateAsync(
            server => server with { Transport = server.Transport with { MaxDatagramFrameSize = 103 } },
            client => client with { Transport = client.Transport with { MaxDatagramFrameSize = 0 } }, Token);
        Assert.Equal(100, pair.Client.MaxDatagramPayload);
        Assert.Equal(0, pair.Server.MaxDatagramPayload);
        Assert.False(pair.Server.TrySendDatagram(new byte[1]));
        Assert.True(pair.Client.TrySendDatagram(new byte[100]));
        Assert.Equal(100, await pair.Server.ReceiveDatagramAsync(new byte[100], Token));
    }

    [Fact]
    public async Task AFullQueueDropsTheNewest_AndCounts()
    {
        await using var pair = await QuicPair.CreateAsync(
            server => server with { Transport = server.Transport with { DatagramReceiveBuffer = 4096 } },
                cancellationToken: Token);
        var sent = 0;
        for (; sent < 100; sent++)
            Assert.True(pair.Client.TrySendDatagram(new[] { (byte)sent }.Concat(new byte[199]).ToArray()));
        await UntilAsync(() => pair.Server.Statistics.DatagramsReceived == sent);
        var buffer = new byte[2048];
        var kept = 0;
        for (; pair.Server.TryReceiveDatagram(buffer, out var length); kept++)
        {
            Assert.Equal(200, length);
            Assert.Equal(kept, buffer[0]);
        }
        Assert.InRange(kept, 18, 20);
        Assert.Equal(sent - kept, pair.Server.Statistics.DatagramsDroppedReceiving);
    }

    [Fact]
    public async Task ReadingEndsWithTheConnection()
    {
        await using var pair = await QuicPair.CreateAsync(cancellationToken: Token);
        var waiting = pair.Server.WaitForDatagramAsync(Token).AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await pair.Server.WaitForDatagramAsync(Token));
        await pair.Client.CloseAsync();
        Assert.False(await waiting);
        Assert.Equal(-1, await pair.Server.ReceiveDatagramAsync(new byte[10], Token));
        Assert.False(pair.Client.TrySendDatagram(new byte[1]));
    }

    [Fact]
    public async Task WaitingCanBeGivenUp()
    {
        await using var pair = await QuicPair.CreateAsync(cancellationToken: Token);
        using var giveUp = new CancellationTokenSource();
        var waiting = pair.Server.WaitForDatagramAsync(giveUp.Token).AsTask();
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.True(pair.Client.TrySendDatagram("x"u8));
        Assert.Equal(1, await pair.Server.ReceiveDatagramAsync(new byte[10], Token));
    }

    [Fact]
    public async Task ATooSmallBufferKeepsTheDatagram()
    {
        await using var pair = await QuicPair.CreateAsync(cancellationToken: Token);
        Assert.True(pair.Client.TrySendDatagram("four"u8));
        Assert.True(await pair.Server.WaitForDatagramAsync(Token));
        Assert.Throws<ArgumentException>(() => pair.Server.TryReceiveDatagram(new byte[3], out _));
        Assert.True(pair.Server.TryReceiveDatagram(new byte[4], out var length));
        Assert.Equal(4, length);
    }
}
