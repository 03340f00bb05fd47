using System.Globalization;

namespace Culvert.Ingress.Files;

/// <summary>
/// What plain scalars mean in YAML 1.2, with the number forms that the original's reader adds (ingress-and-config, section
/// 12.4).
/// </summary>
internal static class YamlScalars
{
    public static YamlScalarKind KindOf(string text) =>
        text is "" or "~" or "null" or "Null" or "NULL" ? YamlScalarKind.Null
        : text is "true" or "True" or "TRUE" or "false" or "False" or "FALSE" ? YamlScalarKind.Boolean
        : ReadInteger(text) is not null ? YamlScalarKind.Integer
        : IsFloat(text) ? YamlScalarKind.Float
        : YamlScalarKind.String;

    /// <summary>The words of YAML 1.1 too, which count where a boolean has to be.</summary>
    public static bool? ReadBoolean(string text) => text switch
    {
        "true" or "True" or "TRUE" or "y" or "Y" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" => true,
        "false" or "False" or "FALSE" or "n" or "N" or "no" or "No" or "NO" or "off" or "Off" or "OFF" => false,
        _ => null,
    };

    /// <summary>An integer, decimal or as 0x, 0o, 0b, perhaps with underscores between digits.</summary>
    public static decimal? ReadInteger(string text)
    {
        var digits = text.Replace("_", "", StringComparison.Ordinal).AsSpan();
        var negative = digits.StartsWith('-');
        digits = digits.Length > 0 && digits[0] is '+' or '-' ? digits[1..] : digits;
        if (digits.IsEmpty || !char.IsAsciiDigit(digits[0]))
        {
            return null;
        }

        var radix = digits.Length < 2 || digits[0] != '0' ? 10 : digits[1] switch
        {
            'x' or 'X' => 16,
            'o' or 'O' => 8,
            'b' or 'B' => 2,
            _ => 0,
        };
        if (radix == 10
            || (radix == 0 && !digits.ContainsAnyExceptInRange('0', '9') && digits.ContainsAny('8', '9')))
        {
            return decimal.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? negative ? -number : number : null;
        }

        // A leading zero alone is octal too.
        return ReadDigits(radix == 0 ? digits[1..] : digits[2..], radix == 0 ? 8 : radix) is { } value
            ? negative ? -value : value : null;
    }

    private static decimal? ReadDigits(ReadOnlySpan<char> digits, int radix)
    {
        if (digits.IsEmpty || digits.Length > 64)
        {
            return null;
        }

        decimal value = 0;
        foreach (var c in digits)
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : radix;
            if (digit >= radix)
            {
                return null;
            }

            value = (value * radix) + digit;
            if (value > ulong.MaxValue)
            {
                return null;
            }
        }

        return value;
    }

    private static bool IsFloat(string text) =>
        text.TrimStart('+', '-') is ".inf" or ".Inf" or ".INF" or ".nan" or ".NaN" or ".NAN"
        || (text.AsSpan().IndexOfAnyInRange('0', '9') >= 0 && (char.IsAsciiDigit(text[0]) || text[0] is '+' or '-' or '.')
            && double.TryParse(
                text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
                CultureInfo.InvariantCulture, out _));
}
