using Prometheus;

namespace Culvert.Engine.Tracing.Export;

/// <summary>What became of the spans of requests, as metrics.</summary>
public static class SpanMetrics
{
    /// <summary>Shows what an exporter counts; call it once.</summary>
    /// <param name="registry">Where it is shown.</param>
    /// <param name="exporter">What counts.</param>
    /// <param name="prefix">What names begin with, without the underscore.</param>
    public static void Watch(CollectorRegistry registry, SpanExporter exporter, string prefix)
    {
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentNullException.ThrowIfNull(exporter);
        var create = Prometheus.Metrics.WithCustomRegistry(registry);
        var exported = create.CreateCounter($"{prefix}_trace_spans_exported_total", "Spans of requests that the collector took.");
        var dropped = create.CreateCounter(
            $"{prefix}_trace_spans_dropped_total", "Spans of requests that found no place in the queue, or no collector.");
        registry.AddBeforeCollectCallback(() =>
        {
            exported.IncTo(exporter.Exported);
            dropped.IncTo(exporter.Dropped);
        });
    }
}
