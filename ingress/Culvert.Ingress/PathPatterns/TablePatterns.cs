namespace Culvert.Ingress.PathPatterns;

/// <summary>
/// The patterns of one table of rules: each text is read once, and all together may not take longer than a second.
/// </summary>
internal sealed class TablePatterns
{
    /// <summary>
    /// Most work of a table's patterns together. A unit is a range of characters that is looked at, a tenth of a microsecond or
    /// less; the usual pattern takes a few dozen.
    /// </summary>
    public const long MaxWork = 4_000_000;

    private readonly Dictionary<string, PathPattern> _patterns = new(StringComparer.Ordinal);
    private long _work;

    /// <summary>The pattern of a text.</summary>
    /// <exception cref="PatternException">Not a pattern, or the patterns of this table are too much work together.</exception>
    public PathPattern Get(string text)
    {
        if (_patterns.TryGetValue(text, out var pattern))
        {
            return pattern;
        }

        pattern = SharedPatterns.Get(text);
        _work += pattern.Work;
        return _work <= MaxWork ? _patterns[text] = pattern
            : throw new PatternException("expression too large", "the paths of all rules together");
    }
}
