using System.CommandLine;
using System.CommandLine.Parsing;
using Culvert.CommandLine.Reloading;
using Culvert.Ingress.Files;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Settings;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Commands;

/// <summary>
/// <c>--config</c>: the configuration file, and the settings that are in force with it. A setting of the file is used as if
/// its flag
/// had been given, unless the flag or its environment variable was (ingress-and-config, section 8).
/// </summary>
internal sealed partial class ConfigurationFlag
{
    // What the original tells the edge about how it was started.
    private static readonly string[] Told =
    [
        "autoupdate-freq", "no-autoupdate", "retries", "protocol", "loglevel", "transport-loglevel", "origincert", "metrics",
        "metrics-update-freq", "edge-ip-version", "edge-bind-address", "max-active-flows",
    ];

    private readonly Option<string?> _config = new("--config")
    {
        Description = "Configuration file. By default the first config.yml or config.yaml in ~/.cloudflared and the like.",
        HelpName = "FILE",
        Recursive = true,
    };

    private Dictionary<string, IReadOnlyList<string>> _given = [];

    /// <summary>What was read at the start.</summary>
    public LoadedConfiguration Loaded { get; private set; } = new(null, SettingMerge.Merge(_ => null, _ => null, null));

    /// <summary>The file; null when there is none, or nothing in it.</summary>
    public ConfigurationFile? File => Loaded.File;

    /// <summary>Every setting with its value and where it came from.</summary>
    public IReadOnlyDictionary<string, SettingValue> Settings => Loaded.Settings;

    /// <summary>Where the file is that was named or found; null when there is none.</summary>
    public string? Path { get; private set; }

    /// <summary>Tells when the file has changed since it was read at the start; null when there is none.</summary>
    public FileWatch? Watch { get; private set; }

    public void AddTo(Command command) => command.Options.Add(_config);

    /// <summary>
    /// Reads the file for commands that have the flag, and parses the command line again with what the file adds.
    /// </summary>
    /// <exception cref="CommandException">The file or a setting is not valid.</exception>
    public ParseResult Apply(RootCommand root, string[] args, ParseResult parsed)
    {
        var options = Options(parsed);
        if (!options.ContainsKey("config"))
        {
            return parsed;
        }

        try
        {
            _given = Given(parsed);
            if ((parsed.GetValue(_config) ?? ConfigurationFileSearch.Find()) is { } path)
            {
                // Made before the file is read, so that no change is missed.
                Path = path;
                Watch = new FileWatch(() => FileState.OfFile(path), TimeProvider.System);
            }

            Loaded = Load();
        }
        catch (IngressException e)
        {
            throw new CommandException(e.Message, e);
        }

        var added = Settings.Values.Where(
            setting => setting.Source == SettingSource.File && options.ContainsKey(setting.Setting.Name))
            .SelectMany(setting => setting.Values.Select(value => $"--{setting.Setting.Name}={value}")).ToArray();
        return added.Length == 0 ? parsed : root.Parse([.. args, .. added]);
    }

    /// <summary>Reads the file as it is now. The flags and variables are those of the start.</summary>
    /// <exception cref="IngressException">The file or a setting is not valid.</exception>
    public LoadedConfiguration Load()
    {
        var file = Path is null ? null : ConfigurationFile.Read(Path);
        file = file is { IsEmpty: true } ? null : file;
        return new LoadedConfiguration(
            file, SettingMerge.Merge(name => _given.GetValueOrDefault(name), Environment.GetEnvironmentVariable, file));
    }

    /// <summary>The flags that are told to the edge with the rules.</summary>
    public Dictionary<string, string> ToldToEdge() => Told.Select(name => Settings[name])
        .Where(setting => setting.IsSet && setting.ToString().Length > 0)
        .ToDictionary(setting => setting.Setting.Name, setting => setting.ToString());

    /// <summary>Logs which file was read, and what is strange about it.</summary>
    public void Report(ILogger logger, bool hasToken)
    {
        if (File is not null)
        {
            LogLoading(logger, File.Path);
            Warn(logger, File);
        }
        else if (Path is not null)
        {
            LogEmpty(logger, Path);
        }
        else if (!hasToken)
        {
            LogNotFound(logger, ConfigurationFileSearch.NotFound);
        }
    }

    /// <summary>Logs what is strange about a file.</summary>
    public static void Warn(ILogger logger, ConfigurationFile file)
    {
        foreach (var warning in file.Warnings)
        {
            LogUnknownKey(logger, file.Path, warning);
        }
    }

    // Every flag that the command knows, by name.
    private static Dictionary<string, Option> Options(ParseResult parsed)
    {
        var options = new Dictionary<string, Option>(StringComparer.Ordinal);
        for (SymbolResult? result = parsed.CommandResult; result is CommandResult command; result = result.Parent)
        {
            foreach (var option in command.Command.Options.Where(option => result == parsed.CommandResult || option.Recursive))
            {
                options.TryAdd(option.Name.TrimStart('-'), option);
            }
        }

        return options;
    }

    // The flags that stand on the command line; one of the command itself counts more than one of a command around it.
    private static Dictionary<string, IReadOnlyList<string>> Given(ParseResult parsed)
    {
        var given = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        for (SymbolResult? result = parsed.CommandResult; result is CommandResult command; result = result.Parent)
        {
            foreach (var option in command.Children.OfType<OptionResult>().Where(option => !option.Implicit))
            {
                string[] values = [.. option.Tokens.Select(token => token.Value)];
                given.TryAdd(option.Option.Name.TrimStart('-'), values.Length == 0 ? ["true"] : values);
            }
        }

        return given;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Configuration file {path} was empty")]
    private static partial void LogEmpty(ILogger logger, string path);

    [LoggerMessage(Level = LogLevel.Information, Message = "{text}")]
    private static partial void LogNotFound(ILogger logger, string text);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Loading configuration from {path:l}")]
    private static partial void LogLoading(ILogger logger, string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Configuration file {path}: {warning}")]
    private static partial void LogUnknownKey(ILogger logger, string path, ConfigurationWarning warning);
}
