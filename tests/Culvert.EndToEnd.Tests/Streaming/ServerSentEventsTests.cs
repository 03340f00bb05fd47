using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Culvert.EndToEnd.Tests.Streaming;

[Collection(AloneCollection.Name)]
public sealed class ServerSentEventsTests
{
    private const int Attempts = 5;

    private static readonly TimeSpan Bound = TimeSpan.FromMilliseconds(50);

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task First_event_arrives_within_50_ms_of_the_origins_write(string transport)
    {
        await using var origin = await WebOrigin.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            var written = TimeProvider.System.GetTimestamp();
            await context.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"data: {written}\n\n"));
            await context.Response.Body.FlushAsync();

            // The stream stays open: the event must not wait for its end.
            await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);

        // The first attempts of a process also measure its compiler; the product holds the bound when any attempt does.
        var best = TimeSpan.MaxValue;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var latency = await MeasureAsync(tunnel);
            best = latency < best ? latency : best;
        }

        Assert.True(best <= Bound, $"The best of {Attempts} first events took {best.TotalMilliseconds} ms");
    }

    private static async Task<TimeSpan> MeasureAsync(Tunnel tunnel)
    {
        using var response = await tunnel.Visitor.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        using var events = new StreamReader(await response.Content.ReadAsStreamAsync());
        var first = await events.ReadLineAsync().InTime();
        var arrived = TimeProvider.System.GetTimestamp();
        var written = long.Parse(first!["data: ".Length..], CultureInfo.InvariantCulture);
        return TimeProvider.System.GetElapsedTime(written, arrived);
    }
}
