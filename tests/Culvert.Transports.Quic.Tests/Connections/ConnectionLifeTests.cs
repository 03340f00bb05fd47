namespace Culvert.Transports.Quic.Tests.Connections;

[Trait("Category", "Functional")]
public sealed class ConnectionLifeTests : FunctionalTest
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ACloseCarriesCodeAndReason(bool byServer)
    {
        await using var pair = await QuicPair.CreateAsync(cancellationToken: Token);
        var (near, far) = byServer ? (pair.Server, pair.Client) : (pair.Client, pair.Server);
        await near.CloseAsync(0x4d, "bye");
        Assert.Equal(new QuicCloseReason(QuicCloseKind.Application, false, 0x4d, "bye"), await near.Closed.WaitAsync(Token));
        var reason = await far.Closed.WaitAsync(Token);
        Assert.Equal(new QuicCloseReason(QuicCloseKind.Application, true, 0x4d, "bye"), reason);
        Assert.Equal("Application error 0x4d (remote): bye", reason.ToString());
        await WhenCancelled(far.ClosedToken).WaitAsync(Token);
    }

    [Fact]
    public async Task ClosingTheListenerClosesItsConnections_WithCodeZero()
    {
        await using var pair = await QuicPair.CreateAsync(cancellationToken: Token);
        await pair.Listener.DisposeAsync();
        Assert.Equal(new QuicCloseReason(QuicCloseKind.Application, true, 0, ""), await pair.Client.Closed.WaitAsync(Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await pair.Listener.AcceptAsync(Token));
    }

    [Fact]
    public async Task KeepAliveOutlivesTheIdleTimeout_AndSilenceDoesNot()
    {
        await using var listener = await QuicListener.BindAsync(QuicPair.ServerOptions, Token);
        await using var relay = new UdpRelay(listener.LocalEndPoint);
        var options = QuicPair.ClientOptions;
        await using var client = await QuicClient.ConnectAsync(relay.EndPoint, options with
        {
            Transport = options.Transport with
            {
                IdleTimeout = TimeSpan.FromMilliseconds(1500),
                KeepAliveInterval = TimeSpan.FromMilliseconds(200),
            },
        }, Token);
        var server = await listener.AcceptAsync(Token);
        var received = client.Statistics.PacketsReceived;
        // Twelve answered keep-alives take longer than the idle time-out.
        await UntilAsync(() => client.Statistics.PacketsReceived >= received + 12 || client.Closed.IsCompleted);
        Assert.False(client.Closed.IsCompleted);
        relay.Filter = (_, _) => null;
        Assert.Equal(QuicCloseKind.IdleTimeout, (await client.Closed.WaitAsync(Token)).Kind);
        Assert.Equal(QuicCloseKind.IdleTimeout, (await server.Closed.WaitAsync(Token)).Kind);
    }

    [Fact]
    public async Task AnotherSourcePortIsFollowed_OnceItHasAnswered()
    {
        await using var listener = await QuicListener.BindAsync(QuicPair.ServerOptions with { Loops = 2 }, Token);
        await using var relay = new UdpRelay(listener.LocalEndPoint);
        await using var client = await QuicClient.ConnectAsync(relay.EndPoint, QuicPair.ClientOptions, Token);
        var server = await listener.AcceptAsync(Token);
        var before = server.RemoteEndPoint;
        var (near, far) = await OpenAsync(client, server);
        relay.Rebind();
        await near.Output.WriteAsync(new byte[100_000], Token);
        await near.Output.CompleteAsync();
        Assert.Equal(100_000, (await ReadAllAsync(far.Input)).Length);
        await UntilAsync(() => !server.RemoteEndPoint.Equals(before));
        await far.Output.WriteAsync(new byte[100_000], Token);
        await far.DisposeAsync();
        Assert.Equal(100_000, (await ReadAllAsync(near.Input)).Length);
        await near.DisposeAsync();
    }

    [Fact]
    public async Task LossAndCorruptionAreRepaired()
    {
        await using var listener = await QuicListener.BindAsync(QuicPair.ServerOptions, Token);
        await using var relay = new UdpRelay(listener.LocalEndPoint);
        var random = new Random(1);
        relay.Filter = (packet, _) =>
        {
            lock (random)
            {
                switch (random.Next(40))
                {
                    case 0:
                        return null;
                    case 1:
                        packet[random.Next(packet.Length)] ^= 1;
                        return packet;
                    case 2:
                        return packet[..random.Next(1, packet.Length)];
                    default:
                        return packet;
                }
            }
        };
        await using var client = await QuicClient.ConnectAsync(relay.EndPoint, QuicPair.ClientOptions, Token);
        var (near, far) = await OpenAsync(client, await listener.AcceptAsync(Token));
        var payload = new byte[2_000_000];
        Random.Shared.NextBytes(payload);
        var sending = Task.Run(async () =>
        {
            await near.Output.WriteAsync(payload, Token);
            await near.DisposeAsync();
        });
        Assert.Equal(payload, await ReadAllAsync(far.Input));
        await sending;
        await far.DisposeAsync();
    }

    [Fact]
    public async Task StatisticsCount()
    {
        await using var pair = await QuicPair.CreateAsync(cancellationToken: Token);
        var (near, far) = await OpenAsync(pair.Client, pair.Server);
        await near.Output.WriteAsync(new byte[500_000], Token);
        await near.Output.CompleteAsync();
        Assert.Equal(500_000, (await ReadAllAsync(far.Input)).Length);
        Assert.InRange(pair.Client.Statistics.BytesSent, 500_000, 700_000);
        Assert.InRange(pair.Server.Statistics.PacketsReceived, 300, 1000);
        Assert.Equal(1, pair.Server.Statistics.OpenStreams);
        await UntilAsync(() => pair.Client.Statistics.SmoothedRtt > TimeSpan.Zero && pair.Client.Statistics.CongestionWindow > 0);
        await near.DisposeAsync();
        await far.DisposeAsync();
    }
}
