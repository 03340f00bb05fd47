using Culvert.Engine.Flows;
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

        Assert.Equal(
            ["cloudflared_tunnel_response_by_code{status_code=\"200\"} 1"],
            await LinesAsync(registry, "cloudflared_tunnel_response_by_code{"));
    }

    [Fact]
    public async Task Refusals_of_the_flow_limiter_are_shown_by_type()
    {
        var registry = Prometheus.Metrics.NewCustomRegistry();
        var limiter = new FlowLimiter { Limit = 1 };
        new ProxyMetrics(registry).Watch(limiter);
        Assert.True(limiter.TryAcquire(FlowKind.Udp));
        Assert.False(limiter.TryAcquire(FlowKind.Tcp));
        Assert.False(limiter.TryAcquire(FlowKind.Tcp));

        Assert.Equal(
            ["flow_client_registrations_rate_limited_total{flow_type=\"tcp\"} 2"],
            await LinesAsync(registry, "flow_client_registrations_rate_limited_total{"));
    }

    private static async Task<string[]> LinesAsync(Prometheus.CollectorRegistry registry, string name)
    {
        using var text = new MemoryStream();
        await registry.CollectAndExportAsTextAsync(text);
        var lines = System.Text.Encoding.UTF8.GetString(text.ToArray()).Split('\n');
        return [.. lines.Where(line => line.StartsWith(name, StringComparison.Ordinal))];
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
