namespace Culvert.Ingress.Settings;

/// <summary>What kind of value a setting has.</summary>
public enum SettingType
{
    /// <summary>Any text.</summary>
    Text,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Switch,

    /// <summary>A whole number of 64 bits.</summary>
    Number,

    /// <summary>A duration such as <c>1m30s</c>.</summary>
    Duration,

    /// <summary>Several texts.</summary>
    List,
}

/// <summary>A setting that a flag, an environment variable or the file can give. Immutable.</summary>
/// <param name="Name">The flag's name without dashes, and the key in the file.</param>
/// <param name="Type">Kind of value.</param>
/// <param name="Default">Value when nothing gives one; null for none.</param>
/// <param name="Variables">Environment variables in order; the first that exists counts, even when it is empty.</param>
public sealed record Setting(string Name, SettingType Type, string? Default = null, params string[] Variables)
{
    /// <summary>Whether the file can give it; by its name only, never by an alias.</summary>
    public bool InFile { get; init; } = true;

    /// <summary>Other names of the flag.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Whether its value must not be shown.</summary>
    public bool IsSecret { get; init; }
}
