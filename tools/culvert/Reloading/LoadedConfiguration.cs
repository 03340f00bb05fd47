using System.Globalization;
using Culvert.CommandLine.Commands;
using Culvert.Ingress.Configuration;
using Culvert.Ingress.Files;
using Culvert.Ingress.Settings;
using Culvert.Ingress.Snapshots;

namespace Culvert.CommandLine.Reloading;

/// <summary>A configuration file and the flags and variables around it, as they were read at one time. Immutable.</summary>
/// <param name="File">The file; null when there is none, or nothing in it.</param>
/// <param name="Settings">Every setting with its value and where it came from.</param>
internal sealed record LoadedConfiguration(ConfigurationFile? File, IReadOnlyDictionary<string, SettingValue> Settings)
{
    /// <summary>Private network settings.</summary>
    public WarpRouting WarpRouting => File?.Ingress.WarpRouting ?? WarpRouting.Default;

    /// <summary>The rules: those of the file, which leave no place for the one of flags.</summary>
    /// <param name="hasArgument">Whether the command line has a positional argument.</param>
    /// <exception cref="Ingress.Rules.IngressException">A rule is not valid.</exception>
    public IngressSnapshot Ingress(bool hasArgument) => File is { Ingress.Rules.Count: > 0 } file
        ? file.Ingress.ToSnapshot() : OriginFlags.ToSnapshot(Settings, hasArgument);

    /// <summary>The number of flows that a flag or variable allows; null when none does.</summary>
    /// <exception cref="CommandException">The number is not valid.</exception>
    public ulong? MaxActiveFlows()
    {
        var limit = Settings["max-active-flows"];
        return !limit.IsSet ? null
            : ulong.TryParse(limit.Values[0], NumberStyles.None, CultureInfo.InvariantCulture, out var flows) ? flows
            : throw new CommandException(
                $"failed to parse max-active-flows: '{limit.Values[0]}' is not between 0 and {ulong.MaxValue}");
    }

    /// <summary>The settings that differ from those of another time and count only when a connector starts.</summary>
    public IReadOnlyList<string> ChangedAtStartOnly(LoadedConfiguration other) =>
    [
        .. (File?.Tunnel ?? "") != (other.File?.Tunnel ?? "") ? ["tunnel"] : Array.Empty<string>(),
        .. Settings.Values.Where(setting => !OriginFlags.Names.Contains(setting.Setting.Name)
            && !setting.Values.SequenceEqual(other.Settings[setting.Setting.Name].Values))
                .Select(setting => setting.Setting.Name),
    ];
}
