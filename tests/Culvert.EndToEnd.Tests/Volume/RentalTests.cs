using Culvert.Engine.Metrics;
using Culvert.Engine.Proxying;
using Culvert.Engine.Routing;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Transports.Headers;
using Culvert.Transports.Quic;
using Culvert.Transports.Quic.ConnectorRole;
using Culvert.Transports.Quic.Streams;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.EndToEnd.Tests.Volume;

/// <summary>What a connector borrowed is given back, however its requests end.</summary>
[Collection(AloneCollection.Name)]
public class RentalTests
{
    private const int Requests = 5_000;
    private const int AtOnce = 64;

    [QuicFact]
    public async Task RequestsThatEndAnyhow_GiveEverythingBack()
    {
        // Tests before this one may have left connections that are about to end.
        var (streams, blocks, heads) = (QuicEdgeStreamPool.Rented, BlockPool.Shared.Rented, Heads);
        var cancellations = RequestCancellation.Rented;
        using var origin = new QuietOrigin("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8);
        var table = await OriginTable.StartAsync(
            IngressSnapshot.CatchAll(new OriginService.Http(origin.Address)), new ProxyMetrics(), default);
        await using (var proxy = new Proxy(table, NullLogger.Instance))
        {
            await using (var edge = await QuietEdge.StartAsync(new PlainHandler(proxy.Slots, stream => proxy.ServeAsync(stream))))
            {
                await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(seed => RunAsync(edge, new Random(seed)))).InTime();
                await Deadline.UntilAsync(() => QuicEdgeStreamPool.Rented <= streams, "every stream has ended");
                Assert.InRange(proxy.Slots.Taken, 0, 1);
            }

            Assert.Equal(0, proxy.Slots.Taken);
        }

        await Deadline.UntilAsync(() => BlockPool.Shared.Rented <= blocks, "no stream holds a block");
        await Deadline.UntilAsync(() => Heads <= heads, "no head holds a buffer");
        await Deadline.UntilAsync(() => RequestCancellation.Rented <= cancellations, "no request holds a token");
    }

    private static int Heads => ByteArena.Rented + HeaderList.Rented;

    private static async Task RunAsync(QuietEdge edge, Random random)
    {
        for (var i = 0; i < Requests / AtOnce; i++)
        {
            var stream = await edge.SendAsync();
            switch (random.Next(4))
            {
                case 0:
                    stream.Abort(0);
                    break;
                case 1:
                    await Task.Yield();
                    stream.AbortRead(0);
                    break;
                default:
                    await ReadToEndAsync(stream);
                    break;
            }

            await stream.DisposeAsync();
        }
    }

    private static async Task ReadToEndAsync(QuicStream stream)
    {
        while (true)
        {
            var read = await stream.Input.ReadAsync();
            stream.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }
}
