namespace Culvert.Connector.Prechecks;

/// <summary>A report for people, as lines of a box (supervisor-and-operations, section 7.5).</summary>
internal static class PrecheckTable
{
    public const string Title = "CONNECTIVITY PRE-CHECKS";

    /// <summary>Header, rows, what to do, an empty line and the summary.</summary>
    public static IEnumerable<string> Lines(PrecheckReport report)
    {
        IReadOnlyList<string[]> cells =
        [
            ["COMPONENT", "TARGET", "STATUS", "DETAILS"],
            .. report.Rows.Select(row => new[] { row.Component, row.Target, StatusText(row.Status), row.Details }),
        ];
        var widths = Enumerable.Range(0, 3).Select(column => cells.Max(row => row[column].Length)).ToArray();
        foreach (var row in cells)
        {
            yield return string.Concat(widths.Select((width, column) => row[column].PadRight(width + 2))) + row[3];
        }

        var prefix = report.HardFail ? "ERROR: " : "WARNING: ";
        foreach (var action in report.Rows.Select(row => row.Action).Where(action => action.Length > 0).Distinct())
        {
            yield return prefix + action;
        }

        yield return "";
        yield return report.Summary;
    }

    private static string StatusText(ProbeStatus status) => status switch
    {
        ProbeStatus.Pass => "PASS",
        ProbeStatus.Fail => "FAIL",
        _ => "SKIP",
    };
}
