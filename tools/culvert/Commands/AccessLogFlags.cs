using System.CommandLine;
using Culvert.Edge.AccessLogs;

namespace Culvert.CommandLine.Commands;

/// <summary><c>--access-log</c>: where an edge node writes a line for each request.</summary>
internal sealed class AccessLogFlags
{
    private readonly Option<string?> _path = new("--access-log")
    {
        Description = "File that gets a line for each request; '-' is standard output. Without it there is no access log.",
        HelpName = "FILE",
    };

    private readonly Option<string> _format = new("--access-log-format")
    {
        Description = "What such a line looks like.",
        HelpName = "json|text",
        DefaultValueFactory = _ => "json",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_path);
        command.Options.Add(_format);
    }

    /// <summary>The log; null for none.</summary>
    /// <exception cref="CommandException">A value is not usable.</exception>
    public AccessLogOptions? Options(ParseResult parsed)
    {
        var format = parsed.GetValue(_format) switch
        {
            "json" => AccessLogFormat.Json,
            "text" => AccessLogFormat.Text,
            var other => throw new CommandException($"--access-log-format: '{other}' is neither json nor text"),
        };
        return parsed.GetValue(_path) is { Length: > 0 } path ? new AccessLogOptions(path, format) : null;
    }
}
