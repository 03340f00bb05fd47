using Culvert.Transports.Connections;
using Culvert.Transports.Http2.Tests.Fixtures;
using Culvert.Transports.Streams;

namespace Culvert.Transports.Http2.Tests.ConnectorRole;

public sealed class StreamSlotsTests
{
    [Fact]
    public async Task Request_past_the_slots_waits_for_one_that_ends()
    {
        using var limit = new CancellationTokenSource(Dialled.Limit);
        using var answer = new SemaphoreSlim(0);
        var held = 0;
        var handler = new FakeHandler
        {
            Slots = new StreamSlots(2),
            Request = async stream =>
            {
                Interlocked.Increment(ref held);
                await answer.WaitAsync();
                stream.SendHead(new ResponseHead { Status = 204 });
            },
        };
        await using var connection = await Dialled.StartAsync(handler);
        using var client = connection.CreateClient();
        var responses = Enumerable.Range(0, 5).Select(_ => SendAsync(client)).ToArray();
        while (Volatile.Read(ref held) < 2)
        {
            await Task.Delay(5, limit.Token);
        }

        Assert.Equal(2, handler.Slots.Taken);
        answer.Release();
        await (await Task.WhenAny(responses)).WaitAsync(Dialled.Limit);
        answer.Release(4);
        await Task.WhenAll(responses).WaitAsync(Dialled.Limit);
        Assert.Equal(5, held);
        while (handler.Slots.Taken > 0)
        {
            await Task.Delay(5, limit.Token);
        }
    }

    private static async Task SendAsync(HttpMessageInvoker client)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://demo.example/")
        {
            Version = System.Net.HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var response = await client.SendAsync(request, default);
        Assert.Equal(204, (int)response.StatusCode);
    }
}
