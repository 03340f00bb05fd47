using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Culvert.EndToEnd.Tests.Streaming;

public sealed class ConcurrencyTests
{
    private const int Requests = 200;

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Two_hundred_requests_share_one_connection_at_the_same_time(string transport)
    {
        var waiting = 0;
        var all = new TaskCompletionSource();
        await using var origin = await WebOrigin.StartAsync(async context =>
        {
            // Nobody is answered before everybody has arrived.
            if (Interlocked.Increment(ref waiting) == Requests)
            {
                all.SetResult();
            }

            await all.Task.InTime();
            await context.Response.WriteAsync("answer to " + context.Request.Query["n"]);
        });
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);

        var answers = await Task.WhenAll(Enumerable.Range(0, Requests).Select(
            n => tunnel.Visitor.GetStringAsync(string.Create(CultureInfo.InvariantCulture, $"/?n={n}"))));

        Assert.Equal(Enumerable.Range(0, Requests).Select(n => $"answer to {n}"), answers);
        Assert.Single(tunnel.Connections);
    }
}
