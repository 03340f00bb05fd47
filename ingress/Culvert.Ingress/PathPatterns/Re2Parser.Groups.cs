namespace Culvert.Ingress.PathPatterns;

/// <summary>Groups, named groups and flags.</summary>
internal sealed partial class Re2Parser
{
    // Null when the group only sets flags for what follows it.
    private PatternNode? ParseGroup()
    {
        var (ignoreCase, multiLine, dotIsAll) = (_ignoreCase, _multiLine, _dotIsAll);
        var rest = _pattern.AsSpan(_at);
        if (!rest.StartsWith("(?", StringComparison.Ordinal))
        {
            _at++;
        }
        else if (rest.StartsWith("(?P<", StringComparison.Ordinal) || rest.StartsWith("(?<", StringComparison.Ordinal))
        {
            SkipName(rest);
        }
        else if (!ReadFlags())
        {
            return null;
        }

        if (++_depth > MaxDepth)
        {
            throw new PatternException("expression nests too deeply", _pattern);
        }

        var node = ParseChoice();
        if (AtEnd)
        {
            throw new PatternException("missing closing )", _pattern);
        }

        _at++;
        _depth--;
        (_ignoreCase, _multiLine, _dotIsAll) = (ignoreCase, multiLine, dotIsAll);
        return node;
    }

    private void SkipName(ReadOnlySpan<char> rest)
    {
        var end = rest.IndexOf('>');
        if (end < 0)
        {
            throw new PatternException("invalid named capture", rest.ToString());
        }

        var name = rest[(rest.IndexOf('<') + 1)..end];
        foreach (var c in name)
        {
            if (c != '_' && !char.IsAsciiLetterOrDigit(c))
            {
                name = [];
            }
        }

        if (name.IsEmpty)
        {
            throw new PatternException("invalid named capture", rest[..(end + 1)].ToString());
        }

        _at += end + 1;
    }

    /// <summary>Reads <c>(?i-s:</c> or <c>(?i)</c>.</summary>
    /// <returns>Whether a group follows.</returns>
    private bool ReadFlags()
    {
        var (ignoreCase, multiLine, dotIsAll) = (_ignoreCase, _multiLine, _dotIsAll);
        var start = _at;
        var on = true;
        var sawFlag = false;
        for (_at += 2; !AtEnd;)
        {
            var c = ReadRune();
            switch (c)
            {
                case 'i':
                    ignoreCase = on;
                    break;
                case 'm':
                    multiLine = on;
                    break;
                case 's':
                    dotIsAll = on;
                    break;
                case 'U':
                    break;
                case '-' when on:
                    (on, sawFlag) = (false, false);
                    continue;
                case ':' or ')' when on || sawFlag:
                    (_ignoreCase, _multiLine, _dotIsAll) = (ignoreCase, multiLine, dotIsAll);
                    return c == ':';
                default:
                    throw new PatternException("invalid or unsupported Perl syntax", _pattern[start.._at]);
            }

            sawFlag = true;
        }

        throw new PatternException("invalid or unsupported Perl syntax", _pattern[start..]);
    }
}
