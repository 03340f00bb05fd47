namespace Culvert.CommandLine.Services;

/// <summary>Words of a POSIX shell's command line.</summary>
internal static class ShellWord
{
    /// <summary>A word that a shell takes as it is.</summary>
    public static string Quote(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "/.-_=:,@%+".Contains(c, StringComparison.Ordinal))
            ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>The arguments of a service as one text.</summary>
    public static string Line(IEnumerable<ServiceArgument> arguments) =>
        string.Join(' ', arguments.Select(argument => Quote(argument.Text)));
}
