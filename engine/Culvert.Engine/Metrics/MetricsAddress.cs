using System.Net;

namespace Culvert.Engine.Metrics;

/// <summary>Where a metrics server listens (supervisor-and-operations, section 6.1). Immutable.</summary>
/// <param name="EndPoints">Addresses to try in this order; the first that can be bound is taken.</param>
public sealed record MetricsAddress(IReadOnlyList<IPEndPoint> EndPoints)
{
    private const int KnownPorts = 5;

    /// <summary>A connector's default: the first free one of the ports 20241 to 20245 on loopback, or any.</summary>
    public static MetricsAddress Default { get; } = From(20241);

    /// <summary>An edge node's default: the first free one of the ports 20251 to 20255 on loopback, or any.</summary>
    public static MetricsAddress EdgeDefault { get; } = From(20251);

    private static MetricsAddress From(int firstPort) => new(
        [.. Enumerable.Range(firstPort, KnownPorts).Append(0).Select(port => new IPEndPoint(IPAddress.Loopback, port))]);
}
