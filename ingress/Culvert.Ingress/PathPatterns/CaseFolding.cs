using System.Collections.Frozen;
using System.Text;

namespace Culvert.Ingress.PathPatterns;

/// <summary>Simple case folding: which code points are the same letter for <c>(?i)</c>. Thread-safe.</summary>
internal static class CaseFolding
{
    private const int LastCased = 0x1FFFF;

    // The platform maps no letter outside ASCII to one inside; Unicode has these two.
    private const int LongS = 0x17F;
    private const int KelvinSign = 0x212A;

    private static readonly Lazy<FrozenDictionary<int, int[]>> Orbits = new(FindOrbits);

    /// <summary>How many letters <see cref="Close"/> looks at.</summary>
    public static int Work(CodePointSet set) =>
        set.Ranges is [var single] && single.First == single.Last ? 1 : IsAscii(set) ? 'z' - 'A' : Orbits.Value.Count;

    /// <summary>Adds every letter that differs only in case from one of the set.</summary>
    public static CodePointSet Close(CodePointSet set)
    {
        if (set.Ranges is [var single] && single.First == single.Last)
        {
            return Orbits.Value.TryGetValue(single.First, out var orbit)
                ? CodePointSet.From(orbit.Select(member => (member, member))) : set;
        }

        var added = IsAscii(set)
            ? Enumerable.Range('A', 'z' - 'A' + 1).Where(letter => set.Contains(letter) && Orbits.Value.ContainsKey(letter))
                .SelectMany(letter => Orbits.Value[letter])
            : Orbits.Value.Where(orbit => set.Contains(orbit.Key)).SelectMany(orbit => orbit.Value);
        return CodePointSet.From([.. set.Ranges, .. added.Select(member => (member, member))]);
    }

    private static bool IsAscii(CodePointSet set) => set.Ranges is [] or [.., { Last: < 0x80 }];

    private static FrozenDictionary<int, int[]> FindOrbits()
    {
        var orbits = new Dictionary<int, List<int>>();
        for (var codePoint = 0; codePoint <= LastCased; codePoint++)
        {
            if (!Rune.TryCreate(codePoint, out var rune) || codePoint is 0x130 or 0x131)
            {
                continue;
            }

            Join(orbits, codePoint, Rune.ToLowerInvariant(rune).Value);
            Join(orbits, codePoint, Rune.ToUpperInvariant(rune).Value);
        }

        Join(orbits, 's', LongS);
        Join(orbits, 'k', KelvinSign);
        return orbits.ToFrozenDictionary(orbit => orbit.Key, orbit => orbit.Value.ToArray());
    }

    private static void Join(Dictionary<int, List<int>> orbits, int one, int other)
    {
        if (one == other)
        {
            return;
        }

        var first = orbits.TryGetValue(one, out var found) ? found : [one];
        var second = orbits.TryGetValue(other, out found) ? found : [other];
        if (first == second)
        {
            return;
        }

        var joined = first.Concat(second).Distinct().ToList();
        foreach (var member in joined)
        {
            orbits[member] = joined;
        }
    }
}
