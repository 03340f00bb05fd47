namespace Culvert.Ingress.PathPatterns;

/// <summary>Bracketed character classes.</summary>
internal sealed partial class Re2Parser
{
    private CodePointSet ParseClass()
    {
        var start = _at++;
        var negated = !AtEnd && _pattern[_at] == '^';
        if (negated)
        {
            _at++;
        }

        var sets = new List<CodePointSet>();
        for (var first = true; first || AtEnd || _pattern[_at] != ']'; first = false)
        {
            if (AtEnd)
            {
                throw new PatternException("missing closing ]", _pattern[start..]);
            }

            sets.Add(TryReadNamedSet() ?? (_pattern[_at] == '\\' ? TryReadEscapedSet() : null) ?? ReadRange(start));
        }

        _at++;
        var set = CodePointSet.Union(sets);
        return negated ? set.Negate() : set;
    }

    private CodePointSet ReadRange(int classStart)
    {
        var start = _at;
        var low = ReadClassRune(classStart);
        var high = low;
        if (_at + 1 < _pattern.Length && _pattern[_at] == '-' && _pattern[_at + 1] != ']')
        {
            _at++;
            high = ReadClassRune(classStart);
            if (high < low)
            {
                throw new PatternException("invalid character class range", _pattern[start.._at]);
            }
        }

        return Folded(CodePointSet.Range(low, high));
    }

    private int ReadClassRune(int classStart) =>
        AtEnd ? throw new PatternException("missing closing ]", _pattern[classStart..])
        : _pattern[_at] == '\\' ? ReadEscapedRune() : ReadRune();

    /// <summary>Reads <c>[:alpha:]</c>; null when there is none.</summary>
    private CodePointSet? TryReadNamedSet()
    {
        var rest = _pattern.AsSpan(_at);
        if (!rest.StartsWith("[:", StringComparison.Ordinal))
        {
            return null;
        }

        var end = rest[2..].IndexOf(":]", StringComparison.Ordinal);
        if (end < 0)
        {
            return null;
        }

        var name = rest.Slice(2, end);
        var negated = name.StartsWith('^');
        var set = Named(negated ? name[1..] : name)
            ?? throw new PatternException("invalid character class range", rest[..(end + 4)].ToString());
        _at += end + 4;
        set = Folded(set);
        return negated ? set.Negate() : set;
    }

    private static CodePointSet? Named(ReadOnlySpan<char> name) => name switch
    {
        "alnum" => CodePointSet.From([('0', '9'), ('A', 'Z'), ('a', 'z')]),
        "alpha" => CodePointSet.From([('A', 'Z'), ('a', 'z')]),
        "ascii" => CodePointSet.Range(0, 0x7F),
        "blank" => CodePointSet.From([('\t', '\t'), (' ', ' ')]),
        "cntrl" => CodePointSet.From([(0, 0x1F), (0x7F, 0x7F)]),
        "digit" => Digits,
        "graph" => CodePointSet.Range('!', '~'),
        "lower" => CodePointSet.Range('a', 'z'),
        "print" => CodePointSet.Range(' ', '~'),
        "punct" => CodePointSet.From([('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
        "space" => CodePointSet.From([('\t', '\r'), (' ', ' ')]),
        "upper" => CodePointSet.Range('A', 'Z'),
        "word" => Words,
        "xdigit" => CodePointSet.From([('0', '9'), ('A', 'F'), ('a', 'f')]),
        _ => null,
    };
}
