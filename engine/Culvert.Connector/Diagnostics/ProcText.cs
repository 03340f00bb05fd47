using System.Globalization;

namespace Culvert.Connector.Diagnostics;

/// <summary>Reads what the Linux kernel says of itself.</summary>
internal static class ProcText
{
    private static readonly char[] Blanks = [' ', '\t', '\n'];

    /// <summary>Reads <c>/proc/meminfo</c>.</summary>
    /// <returns>All memory, and what is in use, in kB.</returns>
    /// <exception cref="FormatException">A line is missing, or holds no number.</exception>
    public static (long Maximum, long Current) Memory(string text)
    {
        var total = Line(text, "MemTotal");
        return (total, total - Line(text, "MemAvailable"));
    }

    /// <summary>Reads <c>/proc/sys/fs/file-nr</c>.</summary>
    /// <returns>The limit of open files, and how many are open.</returns>
    /// <exception cref="FormatException">There are not three numbers.</exception>
    public static (long Maximum, long Current) FileDescriptors(string text) =>
        text.Split(Blanks, StringSplitOptions.RemoveEmptyEntries) is [var open, _, var limit]
            ? (Number(limit), Number(open)) : throw new FormatException($"expected three numbers, got '{text.Trim()}'");

    /// <summary>Reads the numeric user id from <c>/proc/PID/status</c>.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public static string UserId(string text) => Line(text, "Uid").ToString(CultureInfo.InvariantCulture);

    private static long Line(string text, string name)
    {
        var line = text.Split('\n').FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.Ordinal))
            ?? throw new FormatException($"{name} is missing");
        return line.Split(Blanks, StringSplitOptions.RemoveEmptyEntries) is [_, var number, ..]
            ? Number(number) : throw new FormatException($"{name} has no value");
    }

    // More than the kernel's type holds is what it says of a limit that is none.
    private static long Number(string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (long)Math.Min(number, long.MaxValue) : throw new FormatException($"'{text}' is no number");
}
