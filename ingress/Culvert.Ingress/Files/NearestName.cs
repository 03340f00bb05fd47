namespace Culvert.Ingress.Files;

/// <summary>Finds the known name that somebody may have meant.</summary>
internal static class NearestName
{
    private const int LongestName = 64;

    /// <summary>The name with the fewest changed letters; null when more than a third would have to change.</summary>
    public static string? Find(string written, IEnumerable<string> names)
    {
        if (written.Length > LongestName)
        {
            return null;
        }

        var (nearest, distance) = names.Select(name => (name, Distance(written, name))).DefaultIfEmpty()
            .MinBy(pair => pair.Item2);
        return nearest is not null && distance <= Math.Max(written.Length, nearest.Length) / 3 ? nearest : null;
    }

    // Levenshtein's distance, letters of either case being equal.
    private static int Distance(string one, string other)
    {
        Span<int> row = stackalloc int[LongestName + 1];
        for (var j = 0; j <= one.Length; j++)
        {
            row[j] = j;
        }

        for (var i = 1; i <= other.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= one.Length; j++)
            {
                var change = char.ToLowerInvariant(one[j - 1]) == char.ToLowerInvariant(other[i - 1]) ? 0 : 1;
                (diagonal, row[j]) = (row[j], Math.Min(diagonal + change, 1 + Math.Min(row[j], row[j - 1])));
            }
        }

        return row[one.Length];
    }
}
