using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Culvert.Ingress.PathPatterns;

/// <summary>
/// The characters that a pattern tells apart. Beyond ASCII, every run of code points that the pattern never tells apart is one
/// private-use character, in the expression as in the paths it is run on. So code points above U+FFFF are one character for it,
/// and word boundaries see ASCII only, as in RE2. Immutable.
/// </summary>
internal sealed class PatternAlphabet
{
    private const char FirstRun = '\uE000';
    private const int MostRuns = 0xF8FF - FirstRun;
    private const int MostRanges = 50_000;
    private const int FirstBeyondAscii = 0x80;

    // The platform's limit, and how many times the size of an expression with places counts for it.
    private const int MostAutomaton = 10_000;
    private const int PlacesCost = 5;

    // Never in a translated path.
    private const string Nothing = @"[\uFFFF]";

    private readonly int[] _runs;

    private PatternAlphabet(int[] runs, int ranges) => (_runs, Ranges) = (runs, ranges);

    /// <summary>Ranges of characters that the pattern names.</summary>
    public int Ranges { get; }

    /// <summary>The characters of a parsed pattern.</summary>
    /// <exception cref="PatternException">It tells too many characters apart, or the platform would not carry it out.</exception>
    public static PatternAlphabet Of(PatternNode node, string pattern)
    {
        var starts = new SortedSet<int>();
        var automaton = (1 + node.AutomatonSize) * (node.HasPlaces ? PlacesCost : 1);
        var ranges = automaton <= MostAutomaton ? Collect(node, starts) : int.MaxValue;
        return ranges <= MostRanges && starts.Count <= MostRuns
            ? new PatternAlphabet([.. starts], ranges) : throw new PatternException("expression too large", pattern);
    }

    /// <summary>The pattern in the platform's syntax. Making its automaton takes a millisecond.</summary>
    public Regex Translate(PatternNode node)
    {
        var text = new StringBuilder();
        Append(node, text);
        return new Regex(text.ToString(), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
    }

    /// <summary>The character that stands for a code point above U+007F.</summary>
    public char this[int codePoint]
    {
        get
        {
            var index = Array.BinarySearch(_runs, codePoint);
            return (char)(FirstRun + (index >= 0 ? index + 1 : ~index));
        }
    }

    // Returns how many ranges the expression will have.
    private static int Collect(PatternNode node, SortedSet<int> starts)
    {
        switch (node)
        {
            case PatternNode.Characters characters:
                foreach (var (first, last) in characters.Set.Ranges)
                {
                    if (last >= FirstBeyondAscii)
                    {
                        starts.Add(Math.Max(first, FirstBeyondAscii));
                        starts.Add(last + 1);
                    }
                }

                return characters.Set.Ranges.Length;
            case PatternNode.Sequence sequence:
                return sequence.Parts.Sum(part => Collect(part, starts));
            case PatternNode.Choice choice:
                return choice.Parts.Sum(part => Collect(part, starts));
            case PatternNode.Repetition repetition:
                return Collect(repetition.Part, starts);
            default:
                return 0;
        }
    }

    private void Append(PatternNode node, StringBuilder text)
    {
        switch (node)
        {
            case PatternNode.Characters characters:
                Append(characters.Set, text);
                break;
            case PatternNode.Place place:
                text.Append(Spelling(place.Kind));
                break;
            case PatternNode.Sequence sequence:
                Append(sequence.Parts, "", text);
                break;
            case PatternNode.Choice choice:
                Append(choice.Parts, "|", text);
                break;
            case PatternNode.Repetition repetition:
                text.Append("(?:");
                Append(repetition.Part, text);
                text.Append(CultureInfo.InvariantCulture, $"){{{repetition.Least},{repetition.Most}}}");
                break;
        }
    }

    private void Append(IReadOnlyList<PatternNode> parts, string separator, StringBuilder text)
    {
        text.Append("(?:");
        for (var i = 0; i < parts.Count; i++)
        {
            text.Append(i > 0 ? separator : "");
            Append(parts[i], text);
        }

        text.Append(')');
    }

    private void Append(CodePointSet set, StringBuilder text)
    {
        if (set.Ranges.IsEmpty)
        {
            text.Append(Nothing);
            return;
        }

        text.Append('[');
        foreach (var (first, last) in set.Ranges)
        {
            if (first < FirstBeyondAscii)
            {
                Append(first, Math.Min(last, FirstBeyondAscii - 1), text);
            }

            if (last >= FirstBeyondAscii)
            {
                Append(this[Math.Max(first, FirstBeyondAscii)], this[last], text);
            }
        }

        text.Append(']');
    }

    private static void Append(int first, int last, StringBuilder text) =>
        text.Append(CultureInfo.InvariantCulture, $@"\u{first:X4}-\u{last:X4}");

    private static string Spelling(PatternPlace place) => place switch
    {
        PatternPlace.TextStart => @"\A",
        PatternPlace.TextEnd => @"\z",
        PatternPlace.LineStart => "(?m:^)",
        PatternPlace.LineEnd => "(?m:$)",
        PatternPlace.WordBoundary => @"\b",
        _ => @"\B",
    };
}
