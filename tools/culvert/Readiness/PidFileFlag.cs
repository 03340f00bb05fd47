using System.CommandLine;

namespace Culvert.CommandLine.Readiness;

/// <summary><c>--pidfile</c>: where a process that serves leaves its id.</summary>
/// <param name="variable">Environment variable of the flag; null for none.</param>
internal sealed class PidFileFlag(string? variable)
{
    private readonly Option<string?> _path = new("--pidfile")
    {
        Description = "File that gets the process id once the process serves.",
        HelpName = "FILE",
        DefaultValueFactory = _ => variable is null ? null : Environment.GetEnvironmentVariable(variable),
        Recursive = true,
    };

    public void AddTo(Command command) => command.Options.Add(_path);

    /// <summary>The file; null for none.</summary>
    public string? Path(ParseResult parsed) => parsed.GetValue(_path);
}
