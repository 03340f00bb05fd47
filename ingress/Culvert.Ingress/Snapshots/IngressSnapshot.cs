using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Services;

namespace Culvert.Ingress.Snapshots;

/// <summary>The immutable table of rules in force. Replaced whole, never edited; safe to read from any thread.</summary>
public sealed class IngressSnapshot
{
    /// <summary>Most rules of a table.</summary>
    public const int MaxRules = 100_000;

    private readonly RuleTable _table;

    private IngressSnapshot(IngressRule[] rules, OriginRequest defaults)
    {
        Rules = rules;
        Defaults = defaults;
        _table = new RuleTable(rules);
    }

    /// <summary>The rules in order; the last one matches everything.</summary>
    public IReadOnlyList<IngressRule> Rules { get; }

    /// <summary>Settings that rules inherit.</summary>
    public OriginRequest Defaults { get; }

    /// <summary>A table whose one rule answers every request.</summary>
    public static IngressSnapshot CatchAll(OriginService service) => CatchAll(service, OriginRequest.Default);

    /// <summary>A table whose one rule answers every request with these settings.</summary>
    public static IngressSnapshot CatchAll(OriginService service, OriginRequest settings) =>
        new([new IngressRule(service) { OriginRequest = settings }], settings);

    /// <summary>The table when there are no rules: everything is answered 503.</summary>
    public static IngressSnapshot WithoutRules(OriginRequest defaults) =>
        new(
            [new IngressRule(new OriginService.Status(503) { InsteadOfRules = true }) { OriginRequest = OriginRequest.Zero }],
            defaults);

    /// <summary>Checks rules and builds their table.</summary>
    /// <param name="rules">The rules in order, of a file or of the edge; at least one.</param>
    /// <param name="originRequest">What they inherit.</param>
    /// <exception cref="IngressException">A rule is not valid; the text is the original's.</exception>
    public static IngressSnapshot Create(IReadOnlyList<RuleDefinition> rules, OriginRequestOverrides originRequest)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(originRequest);
        if (rules.Count == 0)
        {
            throw new IngressException("The config file doesn't contain any ingress rules");
        }

        if (rules.Count > MaxRules)
        {
            throw new IngressException($"{rules.Count} ingress rules are more than the {MaxRules} that are possible");
        }

        var defaults = originRequest.Over(OriginRequest.Default);
        return new IngressSnapshot(RuleCompiler.Compile(rules, defaults), defaults);
    }

    /// <summary>Finds the rule for a request: the first one whose host and path match. Allocates nothing.</summary>
    /// <param name="host">The Host header, with or without a port. Case matters.</param>
    /// <param name="path">The path as it came, percent-encoded and without a query.</param>
    /// <returns>Index into <see cref="Rules"/>.</returns>
    public int Match(ReadOnlySpan<byte> host, ReadOnlySpan<byte> path)
    {
        var found = _table.Find(HostPort.HostOf(host), path);
        return found >= 0 ? found : Rules.Count - 1;
    }
}
