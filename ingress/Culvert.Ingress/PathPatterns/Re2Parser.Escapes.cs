namespace Culvert.Ingress.PathPatterns;

/// <summary>What a backslash begins.</summary>
internal sealed partial class Re2Parser
{
    private static readonly CodePointSet Digits = CodePointSet.Range('0', '9');
    private static readonly CodePointSet Spaces = CodePointSet.From([('\t', '\n'), ('\f', '\r'), (' ', ' ')]);
    private static readonly CodePointSet Words = CodePointSet.From([('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]);

    private PatternNode ParseEscapedAtom()
    {
        switch (Next())
        {
            case 'A':
                return Place(PatternPlace.TextStart);
            case 'z':
                return Place(PatternPlace.TextEnd);
            case 'b':
                return Place(PatternPlace.WordBoundary);
            case 'B':
                return Place(PatternPlace.NoWordBoundary);
            default:
                return TryReadEscapedSet() is { } set ? new PatternNode.Characters(set) : Literal(ReadEscapedRune());
        }
    }

    private char Next() => _at + 1 < _pattern.Length ? _pattern[_at + 1] : '\0';

    private PatternNode.Place Place(PatternPlace kind)
    {
        _at += 2;
        return new PatternNode.Place(kind);
    }

    // A repetition after the closing \E counts for the last character only, so each is a part of its own.
    private void AddQuoted(List<PatternNode> parts)
    {
        _at += 2;
        var end = _pattern.IndexOf(@"\E", _at, StringComparison.Ordinal);
        var stop = end < 0 ? _pattern.Length : end;
        while (_at < stop)
        {
            parts.Add(Literal(ReadRune()));
        }

        _at = end < 0 ? stop : stop + 2;
    }

    /// <summary>Reads <c>\d</c>, <c>\pL</c> and the like; null when it is another escape.</summary>
    private CodePointSet? TryReadEscapedSet()
    {
        var c = Next();
        CodePointSet? set = c switch
        {
            'd' or 'D' => Digits,
            's' or 'S' => Spaces,
            'w' or 'W' => Words,
            _ => null,
        };
        if (set is not null)
        {
            _at += 2;
            set = Folded(set);
            return char.IsAsciiLetterUpper(c) ? set.Negate() : set;
        }

        return c is 'p' or 'P' ? ReadUnicodeClass() : null;
    }

    private CodePointSet ReadUnicodeClass()
    {
        var start = _at;
        var negated = Next() == 'P';
        _at += 2;
        if (AtEnd)
        {
            throw new PatternException("invalid character class range", _pattern[start..]);
        }

        string name;
        if (_pattern[_at] == '{')
        {
            var end = _pattern.IndexOf('}', _at);
            if (end < 0)
            {
                throw new PatternException("invalid character class range", _pattern[start..]);
            }

            name = _pattern[(_at + 1)..end];
            _at = end + 1;
        }
        else
        {
            var first = _at;
            ReadRune();
            name = _pattern[first.._at];
        }

        if (name.StartsWith('^'))
        {
            negated = !negated;
            name = name[1..];
        }

        var set = UnicodeClasses.Find(name, _ignoreCase)
            ?? throw new PatternException("invalid character class range", _pattern[start.._at]);
        return negated ? set.Negate() : set;
    }

    private int ReadEscapedRune()
    {
        var start = _at++;
        if (AtEnd)
        {
            throw new PatternException("trailing backslash at end of expression", "");
        }

        var c = ReadRune();
        switch (c)
        {
            case >= '1' and <= '7' when AtEnd || _pattern[_at] is < '0' or > '7':
                break;
            case >= '0' and <= '7':
                var octal = c - '0';
                for (var digits = 1; digits < 3 && !AtEnd && _pattern[_at] is >= '0' and <= '7'; digits++)
                {
                    octal = (octal * 8) + _pattern[_at++] - '0';
                }

                return octal;
            case 'x':
                return ReadHexadecimal(start);
            case 'a':
                return '\a';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'v':
                return '\v';
            case < 0x80 when !char.IsAsciiLetterOrDigit((char)c):
                return c;
        }

        throw new PatternException("invalid escape sequence", _pattern[start.._at]);
    }

    private int ReadHexadecimal(int start)
    {
        var braced = !AtEnd && _pattern[_at] == '{';
        var value = 0;
        _at += braced ? 1 : 0;
        for (var digits = 0; !AtEnd && (braced || digits < 2); digits++)
        {
            var c = ReadRune();
            if (braced && digits > 0 && c == '}')
            {
                return value;
            }

            var digit = c < 0x80 && char.IsAsciiHexDigit((char)c) ? Convert.ToInt32(((char)c).ToString(), 16) : -1;
            value = digit < 0 || value < 0 ? -1 : (value << 4) | digit;
            if ((braced && value < 0) || value > CodePointSet.Highest)
            {
                break;
            }

            if (!braced && digits == 1 && value >= 0)
            {
                return value;
            }
        }

        throw new PatternException("invalid escape sequence", _pattern[start.._at]);
    }
}
