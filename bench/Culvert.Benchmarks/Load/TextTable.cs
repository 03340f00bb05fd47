namespace Culvert.Benchmarks.Load;

/// <summary>Rows of text as a Markdown table that also reads well as it is.</summary>
internal static class TextTable
{
    public static void Write(string[] heads, IReadOnlyList<string[]> rows, TextWriter output)
    {
        var widths = heads.Select((head, column) => rows.Select(row => row[column].Length).Append(head.Length).Max()).ToArray();
        void Line(string[] cells) =>
            output.WriteLine("| " + string.Join(" | ", cells.Select((cell, column) => cell.PadLeft(widths[column]))) + " |");
        Line(heads);
        Line([.. widths.Select(width => new string('-', width))]);
        foreach (var row in rows)
        {
            Line(row);
        }
    }
}
