using System.Globalization;

namespace Culvert.Ingress.Files;

/// <summary>A key that nobody knows.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Key">The key as it was written.</param>
/// <param name="TypeName">What the original calls the kind of object; null for a key at the top of the file.</param>
/// <param name="Nearest">The known key that is most like it; null when none is.</param>
public sealed record ConfigurationWarning(int Line, int Column, string Key, string? TypeName, string? Nearest)
{
    /// <summary>The original's line for it; it has none for keys at the top.</summary>
    public string DecoderText =>
        string.Create(CultureInfo.InvariantCulture, $"line {Line}: field {Key} not found in type {TypeName}");

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"line {Line}, column {Column}: unknown key {Key}{(Nearest is null ? "" : $", did you mean {Nearest}?")}");
}
