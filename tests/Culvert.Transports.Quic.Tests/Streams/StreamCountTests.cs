namespace Culvert.Transports.Quic.Tests.Streams;

/// <summary>How many streams a peer may open: by what is accepted, and by what is open.</summary>
[Trait("Category", "Functional")]
public sealed class StreamCountTests : FunctionalTest
{
    [Fact]
    public async Task WhoDoesNotAccept_IsSentSoManyStreamsAndNoMore()
    {
        const int window = 16;
        await using var pair = await QuicPair.CreateAsync(
            server => server with { Transport = server.Transport with { MaxUnacceptedStreams = window } },
            cancellationToken: Token);
        for (var i = 0; i < window; i++)
            await SendAsync(pair.Client);
        var next = SendAsync(pair.Client);
        await UntilAsync(() => pair.Server.Statistics.OpenStreams == window);
        Assert.False(next.IsCompleted);

        // Streams that were accepted stay open, and the peer may open others all the same.
        for (var i = 0; i < window; i++)
            await pair.Server.AcceptStreamAsync(Token);
        await next;
        for (var i = 0; i < window / 2; i++)
            await SendAsync(pair.Client);
    }

    [Fact]
    public async Task WhoAcceptsAndKeeps_IsSentNoMoreThanTheLimit()
    {
        const int limit = 20;
        await using var pair = await QuicPair.CreateAsync(
            server => server with { Transport = server.Transport with { MaxUnacceptedStreams = 4, MaxIncomingStreams = limit } },
            cancellationToken: Token);
        var accepted = new List<QuicStream>();
        var accepting = Task.Run(async () =>
        {
            while (accepted.Count < limit + 1)
                accepted.Add(await pair.Server.AcceptStreamAsync(Token));
        });
        var opened = new List<QuicStream>();
        for (var i = 0; i < limit; i++)
            opened.Add(await SendAsync(pair.Client));
        var next = SendAsync(pair.Client);
        await UntilAsync(() => accepted.Count == limit);
        Assert.False(next.IsCompleted);
        await accepted[0].DisposeAsync();
        await opened[0].DisposeAsync();
        await next;
        await accepting;
    }

    private async Task<QuicStream> SendAsync(QuicConnection connection)
    {
        var stream = await connection.OpenStreamAsync(Token);
        await stream.Output.WriteAsync(new byte[] { 1 }, Token);
        return stream;
    }
}
