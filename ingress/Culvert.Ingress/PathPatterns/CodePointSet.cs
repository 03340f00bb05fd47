namespace Culvert.Ingress.PathPatterns;

/// <summary>An immutable set of Unicode code points, kept as ascending ranges that neither touch nor overlap.</summary>
internal sealed class CodePointSet
{
    public const int Highest = 0x10FFFF;

    private readonly (int First, int Last)[] _ranges;

    private CodePointSet((int First, int Last)[] ranges) => _ranges = ranges;

    public static CodePointSet All { get; } = Range(0, Highest);

    public ReadOnlySpan<(int First, int Last)> Ranges => _ranges;

    public static CodePointSet Of(int codePoint) => Range(codePoint, codePoint);

    public static CodePointSet Range(int first, int last) => new([(first, last)]);

    /// <summary>Joins ranges in any order, which may overlap.</summary>
    public static CodePointSet From(IEnumerable<(int First, int Last)> ranges)
    {
        var merged = new List<(int First, int Last)>();
        foreach (var range in ranges.Order())
        {
            if (merged.Count > 0 && range.First <= merged[^1].Last + 1)
            {
                merged[^1] = (merged[^1].First, Math.Max(merged[^1].Last, range.Last));
            }
            else
            {
                merged.Add(range);
            }
        }

        return new CodePointSet([.. merged]);
    }

    public static CodePointSet Union(params IEnumerable<CodePointSet> sets) => From(sets.SelectMany(set => set._ranges));

    public CodePointSet Negate()
    {
        var gaps = new List<(int First, int Last)>();
        var next = 0;
        foreach (var (first, last) in _ranges)
        {
            if (first > next)
            {
                gaps.Add((next, first - 1));
            }

            next = last + 1;
        }

        if (next <= Highest)
        {
            gaps.Add((next, Highest));
        }

        return new CodePointSet([.. gaps]);
    }

    public bool Contains(int codePoint)
    {
        foreach (var (first, last) in _ranges)
        {
            if (codePoint <= last)
            {
                return codePoint >= first;
            }
        }

        return false;
    }
}
