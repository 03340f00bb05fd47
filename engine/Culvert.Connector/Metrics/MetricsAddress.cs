using System.Net;

namespace Culvert.Connector.Metrics;

/// <summary>Where a metrics server listens (supervisor-and-operations, section 6.1). Immutable.</summary>
/// <param name="EndPoints">Addresses to try in this order; the first that can be bound is taken.</param>
public sealed record MetricsAddress(IReadOnlyList<IPEndPoint> EndPoints)
{
    private const int FirstKnownPort = 20241;
    private const int KnownPorts = 5;

    /// <summary>The default: the first free one of the ports 20241 to 20245 on loopback, or any.</summary>
    public static MetricsAddress Default { get; } = new(
        [.. Enumerable.Range(FirstKnownPort, KnownPorts).Append(0).Select(port => new IPEndPoint(IPAddress.Loopback, port))]);
}
