using Culvert.Engine.Metrics;
using Culvert.Engine.Tags;
using Culvert.Engine.Tracing;

namespace Culvert.Engine.Proxying;

/// <summary>What a proxy runs with besides its origins. Immutable.</summary>
public sealed record ProxySettings
{
    /// <summary>What it counts.</summary>
    public ProxyMetrics Metrics { get; init; } = new();

    /// <summary>The headers that it appends to HTTP and WebSocket requests; null for none.</summary>
    public TagHeaders? Tags { get; init; }

    /// <summary>Who makes its spans.</summary>
    public TraceResource TraceResource { get; init; } = new("0");

    /// <summary>The clock of its spans.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
