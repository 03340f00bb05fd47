using Microsoft.AspNetCore.Http;

namespace Culvert.EndToEnd.Tests.Streaming;

/// <summary>Who does not read stops who writes, long before memory fills, and nobody else on the connection.</summary>
public sealed class BackPressureTests
{
    private const long MaxInTransit = 64L << 20;

    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(1);

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Visitor_that_stops_reading_stops_the_origin_and_nobody_else(string transport)
    {
        var meter = new Meter();
        await using var origin = await WebOrigin.StartAsync(context => context.Request.Path == "/endless"
            ? meter.WriteEndlesslyAsync(context.Response.Body, context.RequestAborted)
            : context.Response.WriteAsync("served"));
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        await using var visitor = await tunnel.SendAsync("GET /endless");
        await visitor.ReadHeadAsync();

        await Deadline.UntilAsync(() => meter.Stalled, "the origin is stopped");

        Assert.InRange(meter.Bytes, 1, MaxInTransit);
        Assert.Equal("served", await tunnel.Visitor.GetStringAsync("/"));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Origin_that_stops_reading_stops_the_visitor_and_nobody_else(string transport)
    {
        var meter = new Meter();
        var release = new TaskCompletionSource();
        await using var origin = await WebOrigin.StartAsync(context =>
            context.Request.Path == "/stuck" ? release.Task : context.Response.WriteAsync("served"));
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        using var content = new EndlessContent(meter);
        using var cancel = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/stuck") { Content = content };
        var upload = tunnel.Visitor.SendAsync(request, cancel.Token);

        await Deadline.UntilAsync(() => meter.Stalled, "the visitor is stopped");

        Assert.InRange(meter.Bytes, 1, MaxInTransit);
        Assert.Equal("served", await tunnel.Visitor.GetStringAsync("/"));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => upload);
        release.SetResult();
    }

    /// <summary>Counts what a writer got rid of, and when it last did.</summary>
    private sealed class Meter
    {
        private long _bytes;
        private long _last = TimeProvider.System.GetTimestamp();

        public long Bytes => Volatile.Read(ref _bytes);

        public bool Stalled => Bytes > 0 && TimeProvider.System.GetElapsedTime(Volatile.Read(ref _last)) > Stall;

        public async Task WriteEndlesslyAsync(Stream stream, CancellationToken cancellationToken)
        {
            while (true)
            {
                var run = Pattern.From(Bytes);
                await stream.WriteAsync(run, cancellationToken);
                Volatile.Write(ref _bytes, Bytes + run.Length);
                Volatile.Write(ref _last, TimeProvider.System.GetTimestamp());
            }
        }
    }

    private sealed class EndlessContent(Meter meter) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) =>
            meter.WriteEndlesslyAsync(stream, CancellationToken.None);

        protected override Task SerializeToStreamAsync(
            Stream stream, System.Net.TransportContext? context, CancellationToken cancellationToken) =>
            meter.WriteEndlesslyAsync(stream, cancellationToken);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
