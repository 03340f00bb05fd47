namespace Culvert.Ingress.Files;

/// <summary>A flag that a configuration file sets. Immutable.</summary>
public sealed class FileSetting
{
    internal FileSetting(string name, YamlNode value) => (Name, Value) = (name, value);

    /// <summary>The flag's name.</summary>
    public string Name { get; }

    /// <summary>Line of the value, from 1.</summary>
    public int Line => Value.Line;

    /// <summary>Column of the value, from 1.</summary>
    public int Column => Value.Column;

    internal YamlNode Value { get; }
}
