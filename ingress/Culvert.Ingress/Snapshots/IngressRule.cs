using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.PathPatterns;
using Culvert.Ingress.Services;

namespace Culvert.Ingress.Snapshots;

/// <summary>One ingress rule that passed every check: which requests it matches and what answers them. Immutable.</summary>
/// <param name="Service">The origin.</param>
public sealed record IngressRule(OriginService Service)
{
    /// <summary>Hostname pattern as it was written; empty or <c>*</c> for every host.</summary>
    public string Hostname { get; init; } = "";

    /// <summary>The hostname's ASCII form, which matches as well; null when it is the same or there is none.</summary>
    public string? AsciiHostname { get; init; }

    /// <summary>Path pattern; null for every path.</summary>
    public PathPattern? Path { get; init; }

    /// <summary>How the origin is reached, with everything the rule inherits.</summary>
    public OriginRequest OriginRequest { get; init; } = OriginRequest.Default;

    /// <summary>Whether requests need an Access token. Inherited settings do not ask for one (section 3.6).</summary>
    public bool RequiresAccess { get; init; }
}
