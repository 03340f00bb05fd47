namespace Culvert.Ingress.PathPatterns;

/// <summary>
/// The patterns that are in use anywhere. Configurations that follow each other repeat most patterns, and an automaton takes
/// about 150 KiB and milliseconds: the next table uses those of the one before. Thread-safe.
/// </summary>
internal static class SharedPatterns
{
    private const int FirstSweep = 1024;

    private static readonly Lock Lock = new();
    private static readonly Dictionary<string, WeakReference<PathPattern>> Known = new(StringComparer.Ordinal);
    private static int _nextSweep = FirstSweep;

    /// <summary>The pattern of a text; the same one as long as somebody uses it.</summary>
    /// <exception cref="PatternException">It is no pattern.</exception>
    public static PathPattern Get(string text)
    {
        lock (Lock)
        {
            if (Known.TryGetValue(text, out var known) && known.TryGetTarget(out var pattern))
            {
                return pattern;
            }
        }

        var made = PathPattern.Parse(text);
        lock (Lock)
        {
            Known[text] = new WeakReference<PathPattern>(made);
            if (Known.Count >= _nextSweep)
            {
                Sweep();
            }
        }

        return made;
    }

    // Each sweep doubles the room, so that it costs nothing beside what is added.
    private static void Sweep()
    {
        foreach (var (text, known) in Known)
        {
            if (!known.TryGetTarget(out _))
            {
                Known.Remove(text);
            }
        }

        _nextSweep = Math.Max(FirstSweep, 2 * Known.Count);
    }
}
