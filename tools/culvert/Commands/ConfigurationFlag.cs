using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Culvert.Ingress.Configuration;
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

    private string? _emptyFile;

    /// <summary>The file; null when there is none, or nothing in it.</summary>
    public ConfigurationFile? File { get; private set; }

    /// <summary>Every setting with its value and where it came from.</summary>
    public IReadOnlyDictionary<string, SettingValue> Settings { get; private set; } =
        SettingMerge.Merge(_ => null, _ => null, null);

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
            if ((parsed.GetValue(_config) ?? ConfigurationFileSearch.Find()) is { } path)
            {
                var file = ConfigurationFile.Read(path);
                File = file.IsEmpty ? null : file;
                _emptyFile = file.IsEmpty ? file.Path : null;
            }

            var given = Given(parsed);
            Settings = SettingMerge.Merge(name => given.GetValueOrDefault(name), Environment.GetEnvironmentVariable, File);
        }
        catch (IngressException e)
        {
            throw new CommandException(e.Message, e);
        }

        var added = Settings.Values.Where(setting => setting.Source == SettingSource.File && options.ContainsKey(setting.Setting.Name))
            .SelectMany(setting => setting.Values.Select(value => $"--{setting.Setting.Name}={value}")).ToArray();
        return added.Length == 0 ? parsed : root.Parse([.. args, .. added]);
    }

    /// <summary>Private network settings of the file, with the limit that a flag or variable sets.</summary>
    /// <exception cref="CommandException">The limit is not valid.</exception>
    public WarpRouting WarpRouting()
    {
        var warp = File?.Ingress.WarpRouting ?? Ingress.Configuration.WarpRouting.Default;
        var limit = Settings["max-active-flows"];
        return !limit.IsSet ? warp
            : ulong.TryParse(limit.Values[0], NumberStyles.None, CultureInfo.InvariantCulture, out var flows) ? warp with { MaxActiveFlows = flows }
            : throw new CommandException($"failed to parse max-active-flows: '{limit.Values[0]}' is not between 0 and {ulong.MaxValue}");
    }

    /// <summary>The flags that are told to the edge with the rules.</summary>
    public Dictionary<string, string> ToldToEdge() => Told.Select(name => Settings[name])
        .Where(setting => setting.IsSet && setting.ToString().Length > 0)
        .ToDictionary(setting => setting.Setting.Name, setting => setting.ToString());

    /// <summary>Logs which file was read, and what is strange about it.</summary>
    public void Report(ILogger logger, bool hasToken)
    {
        if (_emptyFile is not null)
        {
            LogEmpty(logger, _emptyFile);
        }
        else if (File is null && !hasToken)
        {
            LogNotFound(logger, ConfigurationFileSearch.NotFound);
        }
        else if (File is not null)
        {
            LogLoading(logger, File.Path);
            foreach (var warning in File.Warnings)
            {
                LogUnknownKey(logger, File.Path, warning);
            }
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

    [LoggerMessage(Level = LogLevel.Debug, Message = "Loading configuration from {path}")]
    private static partial void LogLoading(ILogger logger, string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Configuration file {path}: {warning}")]
    private static partial void LogUnknownKey(ILogger logger, string path, ConfigurationWarning warning);
}
