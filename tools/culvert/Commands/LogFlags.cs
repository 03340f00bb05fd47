using System.CommandLine;
using Culvert.CommandLine.Logging;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Commands;

/// <summary>How much a command logs.</summary>
internal sealed class LogFlags
{
    private readonly Option<string> _level = new("--loglevel")
    {
        Description = "Least important log lines to print.",
        HelpName = "debug|info|warn|error|fatal",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_LOGLEVEL") ?? "info",
        Recursive = true,
    };

    public void AddTo(Command command) => command.Options.Add(_level);

    /// <summary>Creates the logger; an unknown level is reported and replaced, as the original does.</summary>
    public ILogger CreateLogger(ParseResult parsed)
    {
        var text = parsed.GetValue(_level)!;
        LogLevel? level = text.ToLowerInvariant() switch
        {
            "debug" => LogLevel.Debug,
            "info" => LogLevel.Information,
            "warn" => LogLevel.Warning,
            "error" => LogLevel.Error,
            "fatal" => LogLevel.Critical,
            _ => null,
        };
        var logger = new TextLogger(parsed.InvocationConfiguration.Error, level ?? LogLevel.Information, TimeProvider.System);
        if (level is null)
        {
            logger.Write(LogLevel.Error, $"Failed to parse log level \"{text}\", using \"info\" instead");
        }

        return logger;
    }
}
