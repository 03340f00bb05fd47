using Culvert.Transports.Quic.Tests.Faults;

namespace Culvert.Transports.Quic.Tests.Streams;

/// <summary>What a stream and a connection may have unacknowledged.</summary>
[Trait("Category", "Functional")]
public sealed class SendLimitTests : FunctionalTest
{
    private const int Kilo = 1024, Mega = 1024 * 1024;

    [Fact]
    public async Task OneStreamOverALongPathGrowsPastItsFirstLimit()
    {
        const int limit = 64 * Kilo, largest = 2 * Mega;
        await using var listener = await QuicListener.BindAsync(QuicPair.ServerOptions, Token);
        using var relay = new ImpairedRelay(listener.LocalEndPoint, TimeSpan.FromMilliseconds(50), 0, 0);
        await using var client = await QuicClient.ConnectAsync(relay.EndPoint, QuicPair.ClientOptions with
        {
            Transport = new QuicTransportOptions { StreamSendLimit = limit, MaxStreamSendLimit = largest },
        }, Token);
        var server = await listener.AcceptAsync(Token);
        var (near, far) = await OpenAsync(client, server);
        var draining = DrainAsync(far);
        var most = 0L;
        var budget = client.Core.SendBudget;
        var chunk = new byte[16 * Kilo];

        // One limit takes a round trip, so without growth these would be forty seconds. A busy machine may lose packets, which makes
        // the window small for a while: then it takes longer to grow, and the test's own limit is what ends it.
        var sent = 0L;
        for (; sent < 24 * Mega || most <= limit * 4; sent += chunk.Length)
        {
            await near.Output.WriteAsync(chunk, Token);
            most = Math.Max(most, budget.Held);
        }
        await near.DisposeAsync();
        Assert.Equal(sent, await draining);
        Assert.InRange(most, (limit * 4) + 1, largest + chunk.Length);
        await UntilAsync(() => budget.Held == 0);
    }

    [Fact]
    public async Task ManyStreamsStayWithinTheConnectionsLimit_AndEachKeepsItsReserve()
    {
        const int streams = 40, flush = 8 * Kilo, budget = 512 * Kilo;
        const int reserve = QuicTransportOptions.StreamSendReserve;
        await using var pair = await QuicPair.CreateAsync(
            // Nobody reads, so the windows fill and nothing more is acknowledged.
            server => server with { Transport = server.Transport with { InitialStreamWindow = 1024, MaxStreamWindow = 1024 } },
            client => client with { Transport = client.Transport with { ConnectionSendLimit = budget } }, Token);
        var writers = new List<Task<long>>();
        var opened = new List<QuicStream>();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Token);
        for (var i = 0; i < streams; i++)
        {
            var stream = await pair.Client.OpenStreamAsync(Token);
            opened.Add(stream);
            writers.Add(FillAsync(stream, flush, enough.Token));
        }
        var held = pair.Client.Core.SendBudget;

        // Each gets its reserve although the budget is long spent, and none of them more than a flush beyond it.
        await UntilAsync(() => held.Held >= (streams * reserve) - (streams * 2 * Kilo));
        await enough.CancelAsync();
        var written = await Task.WhenAll(writers);
        Assert.InRange(held.Held, budget, budget + (streams * (reserve + flush)));
        Assert.All(written, count => Assert.InRange(count, reserve, budget + flush));
        foreach (var stream in opened)
        {
            stream.Abort(1);
            await stream.DisposeAsync();
        }
        await pair.Client.CloseAsync();
        Assert.Equal(0, held.Held);
    }

    [Fact]
    public async Task BytesOfAResetStreamAreGivenBack()
    {
        await using var pair = await QuicPair.CreateAsync(
            server => server with { Transport = server.Transport with { InitialStreamWindow = 4096, MaxStreamWindow = 4096 } },
            cancellationToken: Token);
        var (near, far) = await OpenAsync(pair.Client, pair.Server);
        await near.Output.WriteAsync(new byte[500 * Kilo], Token);
        Assert.InRange(pair.Client.Core.SendBudget.Held, 490 * Kilo, 501 * Kilo);
        near.Abort(1);
        await near.DisposeAsync();
        await far.DisposeAsync();
        await UntilAsync(() => pair.Client.Core.SendBudget.Held == 0);
    }

    private static async Task<long> FillAsync(QuicStream stream, int flush, CancellationToken cancellationToken)
    {
        var chunk = new byte[flush];
        var written = 0L;
        try
        {
            while (true)
            {
                written += flush;
                await stream.Output.WriteAsync(chunk, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            return written;
        }
    }

    private async Task<long> DrainAsync(QuicStream stream)
    {
        long count = 0;
        while (true)
        {
            var result = await stream.Input.ReadAsync(Token);
            count += result.Buffer.Length;
            stream.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
                break;
        }
        await stream.DisposeAsync();
        return count;
    }
}
