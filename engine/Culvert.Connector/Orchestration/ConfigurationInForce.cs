using Culvert.Ingress.Configuration;
using Culvert.Ingress.Snapshots;

namespace Culvert.Connector.Orchestration;

/// <summary>What a connector runs with now. Immutable.</summary>
/// <param name="Version">Version that the edge gave it; <see cref="Local"/> before the edge sent any.</param>
/// <param name="Ingress">The rules.</param>
/// <param name="WarpRouting">How private networks are reached.</param>
public sealed record ConfigurationInForce(int Version, IngressSnapshot Ingress, WarpRouting WarpRouting)
{
    /// <summary>Version of the connector's own configuration: every version of an edge is newer.</summary>
    public const int Local = -1;
}
