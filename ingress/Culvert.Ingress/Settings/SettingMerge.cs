using System.Globalization;
using Culvert.Ingress.Files;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Values;

namespace Culvert.Ingress.Settings;

/// <summary>
/// Decides for each setting which layer wins: command line, environment, file, default (ingress-and-config, section 8.2).
/// What the edge sends replaces rules, their settings and private network settings only, and is not part of this.
/// </summary>
public static class SettingMerge
{
    /// <summary>Merges the layers for every setting of <see cref="SettingTable"/>.</summary>
    /// <param name="commandLine">The values that a flag was given, by its name; null when it was not given.</param>
    /// <param name="environment">The value of a variable; null when it does not exist.</param>
    /// <param name="file">The configuration file; null when there is none.</param>
    /// <exception cref="IngressException">A value is not of its setting's kind; the text names where it stands.</exception>
    public static IReadOnlyDictionary<string, SettingValue> Merge(
        Func<string, IReadOnlyList<string>?> commandLine, Func<string, string?> environment, ConfigurationFile? file)
    {
        ArgumentNullException.ThrowIfNull(commandLine);
        ArgumentNullException.ThrowIfNull(environment);
        return SettingTable.All.ToDictionary(
            setting => setting.Name,
            setting => FromCommandLine(setting, commandLine) ?? FromEnvironment(setting, environment, file) ?? Default(setting),
            StringComparer.Ordinal);
    }

    private static SettingValue? FromCommandLine(Setting setting, Func<string, IReadOnlyList<string>?> commandLine)
    {
        if (commandLine(setting.Name) is not { } values)
        {
            return null;
        }

        var origin = "--" + setting.Name;
        foreach (var value in values)
        {
            Check(setting, value, origin);
        }

        return new SettingValue(setting, values, SettingSource.CommandLine, origin);
    }

    // A variable that exists hides the file even when its empty value counts for nothing.
    private static SettingValue? FromEnvironment(Setting setting, Func<string, string?> environment, ConfigurationFile? file)
    {
        foreach (var variable in setting.Variables)
        {
            if (environment(variable) is not { } text)
            {
                continue;
            }

            var origin = "$" + variable;
            if (setting.Type == SettingType.List)
            {
                return new SettingValue(
                    setting, text.Split(',', StringSplitOptions.TrimEntries), SettingSource.Environment, origin);
            }

            if (text.Length == 0 && setting.Type != SettingType.Text)
            {
                return null;
            }

            Check(setting, text, origin);
            return new SettingValue(setting, [text], SettingSource.Environment, origin);
        }

        return FromFile(setting, file);
    }

    private static SettingValue? FromFile(Setting setting, ConfigurationFile? file)
    {
        if (file is null || !file.Settings.TryGetValue(setting.Name, out var given))
        {
            return null;
        }

        var origin = string.Create(CultureInfo.InvariantCulture, $"{file.Path}:{given.Line}");
        try
        {
            return FileSettingReader.Read(setting, given.Value) is { } values
                ? new SettingValue(setting, values, SettingSource.File, origin) : null;
        }
        catch (FormatException e)
        {
            throw new IngressException(
                string.Create(CultureInfo.InvariantCulture, $"{e.Message} ({origin}, column {given.Column})"), e);
        }
    }

    private static SettingValue Default(Setting setting) =>
        new(setting, setting.Default is null ? [] : [setting.Default], SettingSource.Default, "default");

    private static void Check(Setting setting, string value, string origin)
    {
        var valid = setting.Type switch
        {
            SettingType.Switch => GoText.ParseBoolean(value) is not null,
            SettingType.Number => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)
                || ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _),
            SettingType.Duration => GoDuration.TryParse(value, out _),
            _ => true,
        };
        if (!valid)
        {
            throw new IngressException($"invalid value {GoText.Quote(value)} for {origin}: it has to be {Example(setting.Type)}");
        }
    }

    private static string Example(SettingType type) => type switch
    {
        SettingType.Switch => "true or false",
        SettingType.Number => "a whole number",
        _ => "a duration such as 30s or 1m30s",
    };
}
