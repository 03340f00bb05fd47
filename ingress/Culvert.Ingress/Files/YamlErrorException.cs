using System.Globalization;

namespace Culvert.Ingress.Files;

/// <summary>A text is not YAML, or a value of it is of the wrong kind.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Reason">What is wrong.</param>
/// <param name="IsOfDecoder">Whether the text is YAML but does not fit the model.</param>
internal sealed class YamlErrorException(int Line, int Column, string Reason, bool IsOfDecoder = false)
    : FormatException(
        string.Create(
            CultureInfo.InvariantCulture,
            $"yaml: {(IsOfDecoder ? "unmarshal errors:\n  " : "")}line {Line}: {Reason} (column {Column})"));
