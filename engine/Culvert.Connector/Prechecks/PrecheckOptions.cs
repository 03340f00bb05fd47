using System.Net;

namespace Culvert.Connector.Prechecks;

/// <summary>Whom pre-checks look at. Immutable.</summary>
public sealed record PrecheckOptions
{
    /// <summary>The values of <c>--edge</c>; empty for the hosted edge.</summary>
    public IReadOnlyList<string> Edges { get; init; } = [];

    /// <summary>Region of the hosted edge; any when empty.</summary>
    public string Region { get; init; } = "";

    /// <summary>Resolvers that are asked for the hosted edge; none for the system's own.</summary>
    public IReadOnlyList<IPEndPoint> DnsServers { get; init; } = [];
}
