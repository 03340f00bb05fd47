using Culvert.Ingress.Services;

namespace Culvert.Ingress.Snapshots;

/// <summary>The immutable table of rules in force. Replaced whole, never edited; safe to read from any thread.</summary>
public sealed class IngressSnapshot
{
    private IngressSnapshot(IReadOnlyList<IngressRule> rules) => Rules = rules;

    /// <summary>The rules in order; the last one matches everything.</summary>
    public IReadOnlyList<IngressRule> Rules { get; }

    /// <summary>A table whose one rule answers every request.</summary>
    public static IngressSnapshot CatchAll(OriginService service) => new([new IngressRule(service)]);

    /// <summary>Finds the rule for a request.</summary>
    /// <param name="host">Host without a port.</param>
    /// <param name="path">Percent-decoded path without a query.</param>
    /// <returns>Index into <see cref="Rules"/>.</returns>
    public int Match(ReadOnlySpan<byte> host, ReadOnlySpan<byte> path)
    {
        // One catch-all rule today; the parameters are what a table with hosts and paths decides by.
        _ = host;
        _ = path;
        return Rules.Count - 1;
    }
}
