using Culvert.Engine.Metrics;
using Culvert.Engine.Proxying;
using Culvert.Engine.Routing;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Abstractions;

namespace Culvert.EndToEnd.Tests.Volume;

/// <summary>What a connector allocates for a request: the transport, the stages and the origin's connection.</summary>
[Collection(AloneCollection.Name)]
public class ConnectorAllocationTests(ITestOutputHelper output)
{
    private const int Rounds = 4;

#if DEBUG
    // Without optimisation the state of every asynchronous method is an object.
    private const long MaxBytesPerRequest = 8192;
#else
    private const long MaxBytesPerRequest = 256;
#endif

    [QuicTheory]
    [InlineData(1, 1000)]
    [InlineData(50, 100)]
    public async Task KeptConnections_CostFewBytesARequest(int atOnce, int requests)
    {
        using var origin = new QuietOrigin(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n"u8
            + "Date: Sun, 22 Nov 2026 10:00:00 GMT\r\n\r\nok"u8);
        var table = await OriginTable.StartAsync(
            IngressSnapshot.CatchAll(new OriginService.Http(origin.Address)), new ProxyMetrics(), default);
        await using var proxy = new Proxy(table, NullLogger.Instance);
        await using var edge = await QuietEdge.StartAsync(new PlainHandler(proxy.Slots, stream => proxy.ServeAsync(stream)));
        await RunAsync(edge, atOnce, requests);

        // The least of some rounds: timers of the process allocate now and then.
        var least = long.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await RunAsync(edge, atOnce, requests);
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / (atOnce * requests));
        }

        output.WriteLine($"{least} bytes a request");
        Assert.InRange(least, 0, MaxBytesPerRequest);
    }

    private static Task RunAsync(QuietEdge edge, int atOnce, int requests) =>
        Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => edge.RunAsync(requests))).InTime();
}
