namespace Culvert.Connector.Logging;

/// <summary>Lines that stand out in a log (supervisor-and-operations, section 8.4).</summary>
public static class AsciiBox
{
    /// <summary>The lines of a box, as wide as the longest line and two spaces on each side.</summary>
    /// <param name="lines">What is in it.</param>
    /// <param name="title">Stands above, in the middle; null for none.</param>
    public static IEnumerable<string> Lines(IReadOnlyList<string> lines, string? title = null)
    {
        ArgumentNullException.ThrowIfNull(lines);
        var width = lines.Append(title ?? "").Max(line => line.Length) + 4;
        var edge = $"+{new string('-', width)}+";
        yield return edge;
        if (title is not null)
        {
            yield return $"|{title.PadLeft(((width - title.Length) / 2) + title.Length).PadRight(width)}|";
            yield return edge;
        }

        foreach (var line in lines)
        {
            yield return $"|  {line.PadRight(width - 4)}  |";
        }

        yield return edge;
    }
}
