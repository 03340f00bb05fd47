namespace Culvert.Ingress.Files;

/// <summary>A part of a YAML document with its place. Immutable; an alias is the node of its anchor again.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
internal abstract record YamlNode(int Line, int Column)
{
    /// <summary>A single value.</summary>
    /// <param name="Line">From 1.</param>
    /// <param name="Column">From 1.</param>
    /// <param name="Text">The value as it reads.</param>
    /// <param name="Kind">What it is, after quotes and tags are looked at.</param>
    /// <param name="IsPlain">Whether it has neither quotes nor a tag.</param>
    public sealed record Scalar(int Line, int Column, string Text, YamlScalarKind Kind, bool IsPlain) : YamlNode(Line, Column);

    /// <summary>A list.</summary>
    public sealed record Sequence(int Line, int Column, IReadOnlyList<YamlNode> Items) : YamlNode(Line, Column);

    /// <summary>Keys and values in order; no key occurs twice.</summary>
    public sealed record Mapping(int Line, int Column, IReadOnlyList<(Scalar Key, YamlNode Value)> Members)
        : YamlNode(Line, Column);
}

/// <summary>What a scalar is by YAML's core schema.</summary>
internal enum YamlScalarKind
{
    Null,
    Boolean,
    Integer,
    Float,
    String,
}
