using Culvert.Engine.Metrics;
using Culvert.Engine.Proxying;
using Culvert.Engine.Routing;
using Culvert.Engine.Tags;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Transports.Headers;
using Microsoft.Extensions.Logging;

namespace Culvert.Engine.Tests.Proxying;

public sealed class RequestLogTests
{
    [Fact]
    public async Task Nothing_is_composed_when_the_level_is_off()
    {
        var logger = new CountingLogger(LogLevel.Information);
        await using var proxy = await StartAsync(logger);
        using var stream = new FakeEdgeStream();
        await proxy.ServeAsync(stream);

        Assert.Null(stream.HeadListener);
        Assert.Equal(0, logger.Events);
    }

    [Fact]
    public async Task Request_and_response_are_two_events_when_the_level_is_on()
    {
        var logger = new CountingLogger(LogLevel.Debug);
        await using var proxy = await StartAsync(logger);
        using var stream = new FakeEdgeStream();
        await proxy.ServeAsync(stream);

        Assert.Equal(2, logger.Events);
    }

    [Fact]
    public void What_a_request_costs_besides_its_answer_is_no_byte()
    {
        var log = new RequestLog(new CountingLogger(LogLevel.Information));
        var settings = new ProxySettings { Tags = new TagHeaders([new Tag("dc", "fra1")], Guid.NewGuid()) };
        var headers = new HeaderList();
        headers.Add("Accept"u8, "*/*"u8);

        // The list's array comes from a pool that may be empty.
        Repeat(10);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Repeat(1000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Repeat(int times)
        {
            for (var i = 0; i < times; i++)
            {
                settings.Tags.AppendTo(headers);
                headers.Remove("Cf-Warp-Tag-Dc"u8);
                headers.Remove("Cf-Warp-Tag-Id"u8);
                if (log.IsOn)
                {
                    Assert.Fail("The log is on.");
                }

                if (i % 10 == 0)
                {
                    headers.Clear();
                }
            }
        }
    }

    private static async Task<Proxy> StartAsync(ILogger logger) =>
        new(
            await OriginTable.StartAsync(IngressSnapshot.CatchAll(new OriginService.Status(204)), new ProxyMetrics(), default),
            logger);

    private sealed class CountingLogger(LogLevel minimum) : ILogger
    {
        public int Events { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= minimum;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Assert.True(IsEnabled(logLevel));
            Events++;
        }
    }
}
