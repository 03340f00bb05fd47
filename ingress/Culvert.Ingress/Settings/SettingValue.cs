namespace Culvert.Ingress.Settings;

/// <summary>Where the value of a setting came from, from the weakest to the strongest.</summary>
public enum SettingSource
{
    /// <summary>Built in.</summary>
    Default,

    /// <summary>The configuration file.</summary>
    File,

    /// <summary>An environment variable.</summary>
    Environment,

    /// <summary>The command line.</summary>
    CommandLine,
}

/// <summary>The value of a setting that is in force. Immutable.</summary>
/// <param name="Setting">The setting.</param>
/// <param name="Values">The values as they were written: one, or those of a list; none when there is no value.</param>
/// <param name="Source">The layer that won.</param>
/// <param name="Origin">Where exactly: a flag, a variable, or a file with a line.</param>
public sealed record SettingValue(Setting Setting, IReadOnlyList<string> Values, SettingSource Source, string Origin)
{
    /// <summary>Whether something gave a value; for some settings that alone counts.</summary>
    public bool IsSet => Source != SettingSource.Default;

    /// <summary>The value, those of a list with commas between them; a secret is not shown.</summary>
    public override string ToString() => Setting.IsSecret && Values.Count > 0 ? "*****" : string.Join(",", Values);
}
