using System.Globalization;

namespace Culvert.CommandLine.Reloading;

/// <summary>
/// What tells one state of a file from the next: when it was written and how long it is. Links are followed, so that a link that
/// is pointed elsewhere is a change too. Nothing is opened: a pipe would wait.
/// </summary>
internal static class FileState
{
    /// <summary>State of one file; that it is missing is a state too.</summary>
    public static string OfFile(string path)
    {
        try
        {
            var target = Target(path);
            return target.Exists
                ? string.Create(CultureInfo.InvariantCulture, $"{target.LastWriteTimeUtc.Ticks} {target.Length}") : "missing";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    /// <summary>State of all files of a directory that match a pattern such as <c>*.json</c>.</summary>
    public static string OfDirectory(string path, string pattern)
    {
        try
        {
            return string.Join('\n', Directory.EnumerateFiles(path, pattern).Order(StringComparer.Ordinal)
                .Select(file => $"{Path.GetFileName(file)} {OfFile(file)}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    /// <summary>When a file was written; that of the file which a link leads to.</summary>
    /// <exception cref="IOException">The links lead nowhere.</exception>
    public static DateTimeOffset WrittenAt(string path) => Target(path).LastWriteTimeUtc;

    private static FileInfo Target(string path) =>
        File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path);
}
