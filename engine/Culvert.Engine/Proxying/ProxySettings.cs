using Culvert.Engine.Flows;
using Culvert.Engine.Metrics;
using Culvert.Engine.Routing;
using Culvert.Engine.Tags;
using Culvert.Engine.Tracing;
using Culvert.Ingress.Configuration;
using Culvert.Transports.Connections;

namespace Culvert.Engine.Proxying;

/// <summary>What a proxy runs with besides its origins. Immutable.</summary>
public sealed record ProxySettings
{
    /// <summary>Requests that may be under way at once, 1 or more; further streams stay at the edge.</summary>
    public int Capacity { get; init; } = StreamSlots.DefaultCapacity;

    /// <summary>What it counts.</summary>
    public ProxyMetrics Metrics { get; init; } = new();

    /// <summary>The headers that it appends to HTTP and WebSocket requests; null for none.</summary>
    public TagHeaders? Tags { get; init; }

    /// <summary>The rule that comes before all others; null for none.</summary>
    public InternalRule? Internal { get; init; }

    /// <summary>How private networks are reached.</summary>
    public WarpRouting PrivateNetwork { get; init; } = WarpRouting.Default;

    /// <summary>Bounds the private TCP streams, with whatever else takes places from it.</summary>
    public FlowLimiter Flows { get; init; } = new();

    /// <summary>Where the private TCP streams to the reserved destination go.</summary>
    public VirtualDns Dns { get; init; } = new();

    /// <summary>Who makes its spans.</summary>
    public TraceResource TraceResource { get; init; } = new("0");

    /// <summary>Makes spans for a collector; null for none.</summary>
    public RequestSpans? Spans { get; init; }

    /// <summary>The clock of its spans and of private TCP streams.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
