using System.Collections.Concurrent;
using System.Globalization;

namespace Culvert.Ingress.PathPatterns;

/// <summary>The Unicode general categories of <c>\p{...}</c>. Scripts are not known here. Thread-safe.</summary>
internal static class UnicodeClasses
{
    // In the order of UnicodeCategory.
    private static readonly string[] Names =
    [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co",
        "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cn",
    ];

    private static readonly ConcurrentDictionary<string, CodePointSet> Known = new(StringComparer.Ordinal);

    private static readonly ConcurrentDictionary<string, CodePointSet> Closed = new(StringComparer.Ordinal);

    /// <summary>Finds a category such as <c>L</c> or <c>Nd</c>; null when there is none.</summary>
    public static CodePointSet? Find(string name, bool ignoreCase)
    {
        var set = Find(name);
        return set is null || !ignoreCase ? set : Closed.GetOrAdd(name, static (_, found) => CaseFolding.Close(found), set);
    }

    private static CodePointSet? Find(string name) => name switch
    {
        "Any" => CodePointSet.All,
        "ASCII" => CodePointSet.Range(0, 0x7F),
        "Assigned" => Category("Cn").Negate(),
        "LC" => CodePointSet.Union(Category("Lu"), Category("Ll"), Category("Lt")),
        _ when Names.Any(known => known == name || (name.Length == 1 && known[0] == name[0])) => Category(name),
        _ => null,
    };

    private static CodePointSet Category(string name) => Known.GetOrAdd(name, static wanted =>
    {
        var chosen = Array.ConvertAll(Names, known => known.StartsWith(wanted, StringComparison.Ordinal));
        var ranges = new List<(int First, int Last)>();
        for (var codePoint = 0; codePoint <= CodePointSet.Highest; codePoint++)
        {
            if (!chosen[(int)CharUnicodeInfo.GetUnicodeCategory(codePoint)])
            {
                continue;
            }

            var adjacent = ranges.Count > 0 && ranges[^1].Last == codePoint - 1;
            if (adjacent)
            {
                ranges[^1] = (ranges[^1].First, codePoint);
            }
            else
            {
                ranges.Add((codePoint, codePoint));
            }
        }

        return CodePointSet.From(ranges);
    });
}
