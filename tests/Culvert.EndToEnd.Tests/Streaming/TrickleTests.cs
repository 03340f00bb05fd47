namespace Culvert.EndToEnd.Tests.Streaming;

public sealed class TrickleTests
{
    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Trickled_response_with_a_length_is_not_held_back(string transport)
    {
        using var go = new SemaphoreSlim(0);
        await using var origin = RawOrigin.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
            foreach (var character in "bytes")
            {
                await go.WaitAsync();
                await peer.WriteAsync(character.ToString());
            }
        });
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        await using var visitor = await tunnel.SendAsync("GET /");

        // The origin goes on only after the visitor has what came before.
        Assert.Contains("Content-Length: 5", await visitor.ReadHeadAsync(), StringComparison.Ordinal);
        foreach (var character in "bytes")
        {
            go.Release();
            Assert.Equal(character.ToString(), await visitor.ReadAsync(1));
        }
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Trickled_request_is_not_held_back(string transport)
    {
        using var arrived = new SemaphoreSlim(0);
        await using var origin = RawOrigin.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            arrived.Release();
            for (var i = 0; i < 5; i++)
            {
                await peer.ReadAsync(1);
                arrived.Release();
            }

            await peer.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        });
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        await using var visitor = await tunnel.SendAsync("POST /", "Content-Length: 5\n");
        foreach (var character in "bytes")
        {
            await visitor.WriteAsync(character.ToString());
            Assert.True(await arrived.WaitAsync(Deadline.Limit), $"'{character}' did not follow");
        }

        Assert.True(await arrived.WaitAsync(Deadline.Limit));
        Assert.StartsWith("HTTP/1.1 200 ", await visitor.ReadHeadAsync(), StringComparison.Ordinal);
    }
}
