using System.Globalization;
using System.Text;

namespace Culvert.Ingress.PathPatterns;

/// <summary>
/// Reads the regular expression syntax of RE2 as Go has it: what that refuses is refused here with the same text
/// (ingress-and-config, section 12.1). Not thread-safe; one instance reads one pattern.
/// </summary>
internal sealed partial class Re2Parser
{
    private const int MaxDepth = 1000;
    private const int MaxRepeat = 1000;
    private const long MaxSize = 100_000;

    private readonly string _pattern;
    private int _at;
    private int _depth;
    private bool _ignoreCase;
    private bool _multiLine;
    private bool _dotIsAll;
    private long _work;

    private Re2Parser(string pattern) => _pattern = pattern;

    private bool AtEnd => _at >= _pattern.Length;

    /// <exception cref="PatternException">Not a pattern.</exception>
    public static PatternNode Parse(string pattern) => Parse(pattern, out _);

    /// <inheritdoc cref="Parse(string)"/>
    /// <param name="pattern">The pattern.</param>
    /// <param name="work">How many letters were looked at for their cases.</param>
    public static PatternNode Parse(string pattern, out long work)
    {
        var parser = new Re2Parser(pattern);
        parser.RefuseLoneSurrogates();
        var node = parser.ParseChoice();
        if (!parser.AtEnd)
        {
            throw new PatternException("unexpected )", pattern);
        }

        work = parser._work;
        return node.Size <= MaxSize ? node : throw new PatternException("expression too large", pattern);
    }

    private void RefuseLoneSurrogates()
    {
        foreach (var rune in _pattern.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar && !_pattern.Contains('\uFFFD', StringComparison.Ordinal))
            {
                throw new PatternException("invalid UTF-8", _pattern);
            }
        }
    }

    private PatternNode ParseChoice()
    {
        var choices = new List<PatternNode>();
        while (true)
        {
            choices.Add(ParseSequence());
            if (AtEnd || _pattern[_at] != '|')
            {
                return choices.Count == 1 ? choices[0] : new PatternNode.Choice(choices);
            }

            _at++;
        }
    }

    private PatternNode ParseSequence()
    {
        var parts = new List<PatternNode>();
        var lastRepeat = -1;
        while (!AtEnd && _pattern[_at] is not ('|' or ')'))
        {
            var start = _at;
            if (TryReadRepetition() is not { } count)
            {
                AddAtom(parts);
                lastRepeat = -1;
                continue;
            }

            if (parts.Count == 0)
            {
                throw new PatternException("missing argument to repetition operator", _pattern[start.._at]);
            }

            if (lastRepeat >= 0)
            {
                throw new PatternException("invalid nested repetition operator", _pattern[lastRepeat.._at]);
            }

            parts[^1] = Repeat(parts[^1], count, start);
            lastRepeat = start;
        }

        return parts.Count == 1 ? parts[0] : new PatternNode.Sequence(parts);
    }

    private PatternNode.Repetition Repeat(PatternNode part, (int Least, int? Most, bool Counted) count, int start)
    {
        var node = new PatternNode.Repetition(part, count.Least, count.Most, count.Counted);
        if (count is { Counted: true } and ({ Least: >= 2 } or { Most: >= 2 }) && node.RepeatProduct > MaxRepeat)
        {
            throw new PatternException("invalid repeat count", _pattern[start.._at]);
        }

        return node.Size <= MaxSize ? node : throw new PatternException("expression too large", _pattern);
    }

    // What is no valid count, "{" alone for example, is read as characters.
    private (int Least, int? Most, bool Counted)? TryReadRepetition()
    {
        (int Least, int? Most, bool Counted)? count;
        switch (_pattern[_at])
        {
            case '*':
                (_at, count) = (_at + 1, (0, null, false));
                break;
            case '+':
                (_at, count) = (_at + 1, (1, null, false));
                break;
            case '?':
                (_at, count) = (_at + 1, (0, 1, false));
                break;
            case '{':
                count = TryReadCount();
                break;
            default:
                return null;
        }

        if (count is not null && !AtEnd && _pattern[_at] == '?')
        {
            _at++;
        }

        return count;
    }

    private (int Least, int? Most, bool Counted)? TryReadCount()
    {
        var at = _at + 1;
        if (ReadNumber(ref at) is not { } least || at >= _pattern.Length)
        {
            return null;
        }

        int? most = least;
        if (_pattern[at] == ',')
        {
            at++;
            most = null;
            if (at < _pattern.Length && _pattern[at] != '}')
            {
                most = ReadNumber(ref at);
                if (most is null)
                {
                    return null;
                }
            }
        }

        if (at >= _pattern.Length || _pattern[at] != '}')
        {
            return null;
        }

        var start = _at;
        _at = at + 1;
        return least <= MaxRepeat && (most is null || (most >= least && most <= MaxRepeat))
            ? (least, most, true) : throw new PatternException("invalid repeat count", _pattern[start.._at]);
    }

    private int? ReadNumber(ref int at)
    {
        var start = at;
        while (at < _pattern.Length && char.IsAsciiDigit(_pattern[at]))
        {
            at++;
        }

        var digits = _pattern.AsSpan(start, at - start);
        return digits.IsEmpty || (digits.Length > 1 && digits[0] == '0') ? null
            : int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : int.MaxValue;
    }

    private void AddAtom(List<PatternNode> parts)
    {
        if (_pattern.AsSpan(_at).StartsWith(@"\Q", StringComparison.Ordinal))
        {
            AddQuoted(parts);
        }
        else if (ParseAtom() is { } atom)
        {
            parts.Add(atom);
        }
    }

    private PatternNode? ParseAtom()
    {
        switch (_pattern[_at])
        {
            case '(':
                return ParseGroup();
            case '[':
                return new PatternNode.Characters(ParseClass());
            case '.':
                _at++;
                return new PatternNode.Characters(_dotIsAll ? CodePointSet.All : CodePointSet.Of('\n').Negate());
            case '^':
                _at++;
                return new PatternNode.Place(_multiLine ? PatternPlace.LineStart : PatternPlace.TextStart);
            case '$':
                _at++;
                return new PatternNode.Place(_multiLine ? PatternPlace.LineEnd : PatternPlace.TextEnd);
            case '\\':
                return ParseEscapedAtom();
            default:
                return Literal(ReadRune());
        }
    }

    private PatternNode.Characters Literal(int codePoint) => new(Folded(CodePointSet.Of(codePoint)));

    private CodePointSet Folded(CodePointSet set)
    {
        if (!_ignoreCase)
        {
            return set;
        }

        _work += CaseFolding.Work(set);
        return CaseFolding.Close(set);
    }

    private int ReadRune()
    {
        var rune = Rune.GetRuneAt(_pattern, _at);
        _at += rune.Utf16SequenceLength;
        return rune.Value;
    }
}
