namespace Culvert.Transports.Quic.Tests.Streams;

/// <summary>Streams that are used before they are open.</summary>
public class EarlyStreamTests : FunctionalTest
{
    [Fact]
    public async Task AThousandStreams_PassALimitOfFour_WithoutWaitingForPermission()
    {
        await using var pair = await CreateAsync(maxIncomingStreams: 4);
        var serving = Task.Run(async () =>
        {
            for (var i = 0; i < 1000; i++)
            {
                var accepted = await pair.Server.AcceptStreamAsync(Token);
                await accepted.Output.WriteAsync(await ReadAllAsync(accepted.Input), Token);
                await accepted.DisposeAsync();
            }
        });
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(async i =>
        {
            var stream = pair.Client.OpenStream();
            var sent = new byte[] { (byte)i, (byte)(i >> 8), 3 };
            await stream.Output.WriteAsync(sent, Token);
            await stream.Output.CompleteAsync();
            Assert.Equal(sent, await ReadAllAsync(stream.Input));
            await stream.DisposeAsync();
        }));
        await serving;
        await UntilAsync(() => pair.Server.Statistics.OpenStreams == 0 && pair.Client.Statistics.OpenStreams == 0);
    }

    [Fact]
    public async Task OneGivenUpBeforePermission_LetsTheNextOneThrough()
    {
        await using var pair = await CreateAsync(maxIncomingStreams: 1);
        var (near, far) = await OpenAsync(pair.Client, pair.Server);
        var givenUp = pair.Client.OpenStream();
        await givenUp.Output.WriteAsync(new byte[] { 1 }, Token);
        givenUp.Abort(0);
        await givenUp.DisposeAsync();
        var next = pair.Client.OpenStream();
        await next.Output.WriteAsync(new byte[] { 2 }, Token);
        await next.Output.CompleteAsync();
        await near.DisposeAsync();
        await far.DisposeAsync();

        var reset = await pair.Server.AcceptStreamAsync(Token);
        await Assert.ThrowsAsync<QuicStreamException>(() => ReadAllAsync(reset.Input));
        await reset.DisposeAsync();
        var accepted = await pair.Server.AcceptStreamAsync(Token);
        Assert.Equal([2], await ReadAllAsync(accepted.Input));
        await accepted.DisposeAsync();
        await next.DisposeAsync();
    }

    [Fact]
    public async Task OneThatWaits_FailsWithItsConnection()
    {
        await using var pair = await CreateAsync(maxIncomingStreams: 1);
        var (near, far) = await OpenAsync(pair.Client, pair.Server);
        var waiting = pair.Client.OpenStream();
        var stopped = WhenCancelled(waiting.WritesStopped);
        await waiting.Output.WriteAsync(new byte[] { 1 }, Token);
        var reading = ReadAllAsync(waiting.Input);
        await pair.Server.CloseAsync(7);

        Assert.Equal(7UL, (await Assert.ThrowsAsync<QuicConnectionException>(() => reading)).Reason.ErrorCode);
        await stopped.WaitAsync(Token);
        Assert.True((await waiting.Output.FlushAsync(Token)).IsCompleted);
        Assert.Throws<QuicConnectionException>(pair.Client.OpenStream);
        await waiting.DisposeAsync();
        await near.DisposeAsync();
        await far.DisposeAsync();
    }

    [Fact]
    public async Task TooManyThatWait_AreRefused()
    {
        await using var pair = await QuicPair.CreateAsync(
            server => server with { Transport = server.Transport with { MaxIncomingStreams = 1 } },
            client => client with { Transport = client.Transport with { MaxWaitingOpens = 1 } }, Token);
        var (near, far) = await OpenAsync(pair.Client, pair.Server);
        var waiting = pair.Client.OpenStream();
        Assert.Throws<QuicStreamException>(pair.Client.OpenStream);
        await waiting.DisposeAsync();
        await near.DisposeAsync();
        await far.DisposeAsync();
    }

    private Task<QuicPair> CreateAsync(int maxIncomingStreams) => QuicPair.CreateAsync(
        server => server with { Transport = server.Transport with { MaxIncomingStreams = maxIncomingStreams } },
        cancellationToken: Token);
}
