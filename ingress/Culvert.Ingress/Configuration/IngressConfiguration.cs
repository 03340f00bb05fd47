using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Snapshots;

namespace Culvert.Ingress.Configuration;

/// <summary>What a file or the edge says about rules; the rules themselves are not checked yet. Immutable.</summary>
public sealed record IngressConfiguration
{
    /// <summary>The rules in order; empty when there are none.</summary>
    public IReadOnlyList<RuleDefinition> Rules { get; init; } = [];

    /// <summary>Settings that all rules inherit.</summary>
    public OriginRequestOverrides OriginRequest { get; init; } = OriginRequestOverrides.None;

    /// <summary>Settings of private networks.</summary>
    public WarpRouting WarpRouting { get; init; } = WarpRouting.Default;

    /// <summary>Checks the rules and builds their table; without rules it answers 503.</summary>
    /// <exception cref="IngressException">A rule is not valid.</exception>
    public IngressSnapshot ToSnapshot() => Rules.Count > 0
        ? IngressSnapshot.Create(Rules, OriginRequest)
        : IngressSnapshot.WithoutRules(OriginRequest.Over(OriginRequests.OriginRequest.Default));
}
