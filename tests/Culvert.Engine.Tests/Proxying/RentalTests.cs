using Culvert.Engine.Origins;
using Culvert.Engine.Proxying;
using Culvert.Engine.Routing;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Engine.Tests.Origins.Http;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Engine.Tests.Proxying;

/// <summary>Requests that end in every way there is, at every stage: nothing that was borrowed stays out.</summary>
[Collection(nameof(AllocationCollection))]
public sealed class RentalTests
{
    private const int Requests = 100_000;
    private const int AtOnce = 50;

    private static readonly string[] Headers = ["Accept", "User-Agent", "X-Forwarded-For", "Cookie"];

    [Fact]
    public async Task Nothing_is_out_after_100000_requests_with_random_ends()
    {
        var rented = ByteArena.Rented + HeaderList.Rented;
        var origin = new RandomOrigin();
        var table = new OriginTable(IngressSnapshot.CatchAll(new OriginService.Status(200)), [origin]);
        await using (var proxy = new Proxy(table, NullLogger.Instance))
        {
            await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(seed => Task.Run(() => RunAsync(proxy, new Random(seed)))));
        }

        Assert.Equal(0, RequestCancellation.Rented);
        Assert.Equal(rented, ByteArena.Rented + HeaderList.Rented);
        Assert.All(origin.Ends, count => Assert.InRange(count, 1000, Requests));
    }

    private static async Task RunAsync(Proxy proxy, Random random)
    {
        for (var i = 0; i < Requests / AtOnce; i++)
        {
            using var stream = new FakeEdgeStream(target: $"/{i}");
            try
            {
                for (var field = random.Next(Headers.Length); field >= 0; field--)
                {
                    stream.Request.Headers.Add(Headers[field], "value");
                }

                if (random.Next(5) == 0)
                {
                    stream.GiveUp();
                }

                var serving = proxy.ServeAsync(stream).AsTask();
                if (random.Next(3) == 0)
                {
                    await Task.Yield();
                }

                // An origin that never answers is left by this alone.
                stream.GiveUp();
                await serving;
            }
            finally
            {
                stream.Request.Clear();
            }
        }
    }

    /// <summary>Answers, fails early, fails late, or does not answer, in turn.</summary>
    private sealed class RandomOrigin : IOrigin
    {
        private int _count;

        public int[] Ends { get; } = new int[4];

        public async ValueTask ServeAsync(EdgeStream stream, CancellationToken cancellationToken)
        {
            var way = (int)((uint)Interlocked.Increment(ref _count) % Ends.Length);
            Interlocked.Increment(ref Ends[way]);
            var head = new ResponseHead { Status = 200 };
            head.Headers.Add("Server", "test");
            try
            {
                switch (way)
                {
                    case 0:
                        throw new OriginException(new IOException("refused"));
                    case 1:
                        await Task.Yield();
                        stream.SendHead(head);
                        throw new IOException("broken off");
                    case 2:
                        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
                        break;
                    default:
                        stream.SendHead(head);
                        break;
                }
            }
            finally
            {
                head.Clear();
            }
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
