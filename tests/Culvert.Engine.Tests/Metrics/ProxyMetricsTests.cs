using Culvert.Engine.Metrics;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Tests.Metrics;

public sealed class ProxyMetricsTests
{
    [Fact]
    public void Counting_a_request_allocates_nothing()
    {
        var metrics = new ProxyMetrics();
        Count(metrics);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
        {
            Count(metrics);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public async Task Switched_protocols_and_rejections_are_no_responses()
    {
        var registry = Prometheus.Metrics.NewCustomRegistry();
        var metrics = new ProxyMetrics(registry);
        metrics.ResponseCompleted(101);
        metrics.ResponseCompleted(0);
        metrics.ResponseCompleted(200);
        using var text = new MemoryStream();
        await registry.CollectAndExportAsTextAsync(text);
        var lines = System.Text.Encoding.UTF8.GetString(text.ToArray()).Split('\n');

        Assert.Equal(
            ["cloudflared_tunnel_response_by_code{status_code=\"200\"} 1"],
            lines.Where(line => line.StartsWith("cloudflared_tunnel_response_by_code{", StringComparison.Ordinal)));
    }

    private static void Count(ProxyMetrics metrics)
    {
        metrics.RequestBegan(StreamKind.Http);
        metrics.ResponseCompleted(200);
        metrics.RequestFailed();
        metrics.RequestEnded(StreamKind.Http);
        metrics.RequestBegan(StreamKind.Tcp);
        metrics.StreamConnected(TimeSpan.FromMilliseconds(7));
        metrics.RequestEnded(StreamKind.Tcp);
    }
}
