using System.CommandLine;
using Culvert.CommandLine.Logging;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Commands;

/// <summary>How much a command logs, where to and how (supervisor-and-operations, sections 8.1 and 8.2).</summary>
internal sealed class LogFlags
{
    private readonly Option<string> _level = new("--loglevel")
    {
        Description = "Least important log lines to write.",
        HelpName = "trace|debug|info|warn|error|fatal|panic",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_LOGLEVEL") ?? "info",
        Recursive = true,
    };

    // Accepted and checked; nothing is logged for it, here and in the original.
    private readonly Option<string> _transportLevel = new("--transport-loglevel", "--proto-loglevel")
    {
        Description = "Accepted for the original's scripts; without effect.",
        HelpName = "LEVEL",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_PROTO_LOGLEVEL")
            ?? Environment.GetEnvironmentVariable("TUNNEL_TRANSPORT_LOGLEVEL") ?? "info",
        Recursive = true,
        Hidden = true,
    };

    private readonly Option<string> _output = new("--output")
    {
        Description = "Format of log lines on the error stream.",
        HelpName = "default|json",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_MANAGEMENT_OUTPUT")
            ?? Environment.GetEnvironmentVariable("TUNNEL_LOG_OUTPUT") ?? "default",
        Recursive = true,
    };

    private readonly Option<string?> _file = new("--logfile")
    {
        Description = "File to append log lines to as well, as JSON.",
        HelpName = "FILE",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_LOGFILE"),
        Recursive = true,
    };

    private readonly Option<string?> _directory = new("--log-directory")
    {
        Description = "Directory for log files of 1 MB, as JSON; the latest five full ones are kept.",
        HelpName = "DIRECTORY",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_LOGDIRECTORY"),
        Recursive = true,
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_level);
        command.Options.Add(_transportLevel);
        command.Options.Add(_output);
        command.Options.Add(_file);
        command.Options.Add(_directory);
    }

    /// <summary>
    /// Creates the logger; what is wrong with the flags is logged, and the defaults are used, as in the original. Disposing it
    /// writes what waits.
    /// </summary>
    public CommandLogger CreateLogger(ParseResult parsed)
    {
        var complaints = new List<string>();
        var level = Level(parsed, _level, complaints);
        _ = Level(parsed, _transportLevel, complaints);
        var queues =
            new List<LogQueue> { new(new WriterSink(parsed.InvocationConfiguration.Error), Format(parsed), TimeProvider.System) };
        if (OpenFile(parsed, complaints) is { } file)
        {
            queues.Add(new LogQueue(file, new JsonFormat(sorted: false), TimeProvider.System));
        }

        var logger = new CommandLogger(level, TimeProvider.System, queues);
        complaints.ForEach(complaint => logger.Write(LogLevel.Error, complaint));
        return logger;
    }

    /// <summary>
    /// Whether lines are asked for as JSON. Another value than that and the default is no error in the original.
    /// </summary>
    public bool IsJson(ParseResult parsed) => parsed.GetValue(_output) == "json";

    /// <summary>The level of a name; null when there is none by it.</summary>
    public static LogLevel? LevelOf(string name) => name.ToLowerInvariant() switch
    {
        "trace" => LogLevel.Trace,
        "debug" => LogLevel.Debug,
        "info" => LogLevel.Information,
        "warn" => LogLevel.Warning,
        "error" => LogLevel.Error,
        "fatal" or "panic" => LogLevel.Critical,
        _ => null,
    };

    private static LogLevel Level(ParseResult parsed, Option<string> option, List<string> complaints)
    {
        var text = parsed.GetValue(option)!;
        if (LevelOf(text) is { } level)
        {
            return level;
        }

        complaints.Add($"Failed to parse log level \"{text}\", using \"info\" instead");
        return LogLevel.Information;
    }

    private ILineFormat Format(ParseResult parsed)
    {
        var toTerminal = ReferenceEquals(parsed.InvocationConfiguration.Error, Console.Error) && !Console.IsErrorRedirected;
        return IsJson(parsed) ? new JsonFormat(sorted: true) : new TextFormat(toTerminal);
    }

    private LogFile? OpenFile(ParseResult parsed, List<string> complaints)
    {
        var file = parsed.GetValue(_file);
        var directory = parsed.GetValue(_directory);
        if (file is { Length: > 0 } && directory is { Length: > 0 })
        {
            complaints.Add(
                $"Your config includes values for both logfile ({file}) and log-directory ({directory}), " +
                "but they are incompatible. " +
                "logfile takes precedence.");
        }

        try
        {
            return file is { Length: > 0 } ? LogFile.AppendTo(file, TimeProvider.System)
                : directory is { Length: > 0 } ? LogFile.InDirectory(directory, TimeProvider.System) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            complaints.Add($"Falling back to a default logger due to logger setup failure: {e.Message}");
            return null;
        }
    }
}
