using Culvert.Ingress.OriginRequests;

namespace Culvert.Ingress.Rules;

/// <summary>A rule as it was written: nothing is checked yet (ingress-and-config, section 1.1). Immutable.</summary>
public sealed record RuleDefinition
{
    /// <summary>Hostname pattern; empty for every host.</summary>
    public string Hostname { get; init; } = "";

    /// <summary>Path pattern; empty for every path.</summary>
    public string Path { get; init; } = "";

    /// <summary>What answers.</summary>
    public string Service { get; init; } = "";

    /// <summary>What the rule sets for its origin.</summary>
    public OriginRequestOverrides OriginRequest { get; init; } = OriginRequestOverrides.None;

    /// <summary>Line and column of the file, from 1, where the rule begins; null when it is in no file.</summary>
    public (int Line, int Column)? Place { get; init; }
}
