using System.Globalization;
using Culvert.Ingress.Files;
using Culvert.Ingress.Values;

namespace Culvert.Ingress.Settings;

/// <summary>
/// Reads the value of a flag in the file: nothing is converted, and what is empty or zero counts as not set (sections 5.2 and
/// 8.2).
/// </summary>
internal static class FileSettingReader
{
    /// <returns>The values, or null when they count as not set.</returns>
    /// <exception cref="FormatException">The value is of another kind; the text is the original's.</exception>
    public static IReadOnlyList<string>? Read(Setting setting, YamlNode node)
    {
        switch (setting.Type, node)
        {
            case (SettingType.Text, YamlNode.Scalar { Kind: YamlScalarKind.String } text):
                return text.Text.Length > 0 ? [text.Text] : null;
            case (SettingType.Switch, YamlNode.Scalar { Kind: YamlScalarKind.Boolean } flag):
                return YamlScalars.ReadBoolean(flag.Text) is true ? ["true"] : null;
            case (SettingType.Number, YamlNode.Scalar { Kind: YamlScalarKind.Integer } number):
                return YamlScalars.ReadInteger(number.Text) is { } value and > 0
                    ? [value.ToString(CultureInfo.InvariantCulture)] : null;
            case (SettingType.Duration, YamlNode.Scalar { Kind: YamlScalarKind.String } duration):
                return GoDuration.TryParse(duration.Text, out var length) ? length > TimeSpan.Zero ? [duration.Text] : null
                    : throw new FormatException(IsNumber(duration.Text)
                        ? $"time: missing unit in duration {GoText.Quote(duration.Text)}"
                        : $"time: invalid duration {GoText.Quote(duration.Text)}");
            case (SettingType.List, YamlNode.Sequence list):
                return [.. list.Items.Select(item => ReadElement(setting, item))];
            default:
                throw new FormatException($"expected {Expected(setting.Type)} found {TypeOf(node)} for {setting.Name}");
        }
    }

    private static string ReadElement(Setting setting, YamlNode item) =>
        item is YamlNode.Scalar { Kind: YamlScalarKind.String } text ? text.Text
        : throw new FormatException($"expected string, found int for {(item as YamlNode.Scalar)?.Text ?? setting.Name}");

    private static bool IsNumber(string text) =>
        decimal.TryParse(
            text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _);

    private static string Expected(SettingType type) => type switch
    {
        SettingType.Text => "string",
        SettingType.Switch => "boolean",
        SettingType.Number => "int",
        SettingType.Duration => "duration",
        _ => "string slice",
    };

    // The names of Go's types.
    private static string TypeOf(YamlNode node) => node switch
    {
        YamlNode.Sequence => "[]interface {}",
        YamlNode.Mapping => "map[string]interface {}",
        YamlNode.Scalar { Kind: YamlScalarKind.Null } => "<nil>",
        YamlNode.Scalar { Kind: YamlScalarKind.Boolean } => "bool",
        YamlNode.Scalar { Kind: YamlScalarKind.Integer } => "int",
        YamlNode.Scalar { Kind: YamlScalarKind.Float } => "float64",
        _ => "string",
    };
}
