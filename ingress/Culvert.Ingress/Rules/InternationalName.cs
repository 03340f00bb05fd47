using System.Globalization;
using System.Text;

namespace Culvert.Ingress.Rules;

/// <summary>
/// Internationalised hostnames after UTS 46: mapped to lower case, non-transitional, hyphens and ASCII characters checked,
/// lengths
/// not (ingress-and-config, section 1.5). A name with characters whose mapping needs Unicode's compatibility tables, which the
/// platform does not have in invariant mode, has no ASCII form here, with few exceptions.
/// </summary>
internal static class InternationalName
{
    private static readonly IdnMapping Punycode = new() { AllowUnassigned = true, UseStd3AsciiRules = true };

    // Compatibility letters, combining marks that would have to be composed, and joiners, whose context would have to be checked.
    private static readonly (int First, int Last)[] Unmapped =
    [
        (0xAA, 0xAA), (0xBA, 0xBA), (0x132, 0x133), (0x13F, 0x140), (0x149, 0x149), (0x17F, 0x17F), (0x1C4, 0x1CC),
        (0x1F1, 0x1F3), (0x2B0, 0x2B8), (0x2E0, 0x2E4), (0x300, 0x36F), (0x37A, 0x37A), (0x3D0, 0x3D6), (0x3F0, 0x3F2),
        (0x3F4, 0x3F5), (0x3F9, 0x3F9), (0x587, 0x587), (0x675, 0x678), (0x958, 0x95F), (0x9DC, 0x9DF), (0xA33, 0xA36),
        (0xA59, 0xA5E), (0xB5C, 0xB5D), (0xE33, 0xE33), (0xEB3, 0xEB3), (0xEDC, 0xEDD), (0xF0C, 0xF0C), (0xF43, 0xFB9),
        (0x10FC, 0x10FC), (0x1D2C, 0x1D6A), (0x1D78, 0x1D78), (0x1D9B, 0x1DBF), (0x1E9A, 0x1E9B), (0x1F71, 0x1FFF),
        (0x200C, 0x200D), (0x2071, 0x209C), (0x2100, 0x218F), (0x2C7C, 0x2C7D), (0x2D6F, 0x2D6F), (0x3099, 0x309A),
        (0x309F, 0x309F), (0x30FF, 0x30FF), (0x3131, 0x318E), (0xA69C, 0xA69D), (0xA770, 0xA770), (0xA7F2, 0xA7F9),
        (0xAB5C, 0xAB5F), (0xAB69, 0xAB69), (0xF900, 0xFAFF), (0xFB13, 0xFDFF), (0xFE70, 0xFEFE), (0xFF66, 0xFFEE),
        (0x10780, 0x107BF), (0x1D400, 0x1D7FF), (0x1EE00, 0x1EEFF), (0x2F800, 0x2FA1F),
    ];

    /// <summary>The ASCII form of a hostname, or null when it has none.</summary>
    public static string? ToAscii(string hostname)
    {
        if (Map(hostname) is not { } mapped)
        {
            return null;
        }

        var labels = mapped.Split('.');
        for (var i = 0; i < labels.Length; i++)
        {
            if (ToAsciiLabel(labels[i]) is not { } label)
            {
                return null;
            }

            labels[i] = label;
        }

        return string.Join('.', labels);
    }

    private static string? Map(string hostname)
    {
        var mapped = new StringBuilder(hostname.Length);
        foreach (var rune in hostname.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case 0xAD or 0x200B or 0x2060 or 0xFEFF or (>= 0xFE00 and <= 0xFE0F):
                    continue;
                case 0x3002 or 0xFF0E or 0xFF61:
                    mapped.Append('.');
                    break;
                case >= 0xFF01 and <= 0xFF5E:
                    mapped.Append(char.ToLowerInvariant((char)(rune.Value - 0xFF01 + '!')));
                    break;
                case >= 0xFB00 and <= 0xFB06:
                    mapped.Append(Ligature(rune.Value));
                    break;
                case 0x1E9E:
                    mapped.Append("ss");
                    break;
                default:
                    var lower = Rune.ToLowerInvariant(rune);
                    if (!IsAllowed(lower) || !IsAllowed(rune))
                    {
                        return null;
                    }

                    mapped.Append(lower);
                    break;
            }
        }

        return mapped.ToString();
    }

    private static string Ligature(int codePoint) => codePoint switch
    {
        0xFB00 => "ff",
        0xFB01 => "fi",
        0xFB02 => "fl",
        0xFB03 => "ffi",
        0xFB04 => "ffl",
        _ => "st",
    };

    private static bool IsAllowed(Rune rune)
    {
        if (rune.IsAscii)
        {
            return char.IsAsciiLetterOrDigit((char)rune.Value) || rune.Value is '-' or '.';
        }

        foreach (var (first, last) in Unmapped)
        {
            if (rune.Value >= first && rune.Value <= last)
            {
                return false;
            }
        }

        return rune.Value != 0x130 && Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.OtherLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.DecimalDigitNumber
            or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
    }

    private static string? ToAsciiLabel(string label)
    {
        if (label.StartsWith('-') || label.EndsWith('-'))
        {
            return null;
        }

        try
        {
            if (label.StartsWith("xn--", StringComparison.Ordinal))
            {
                var decoded = Punycode.GetUnicode(label);
                return Map(decoded) == decoded && Punycode.GetAscii(decoded) == label ? label : null;
            }

            return label.AsSpan(Math.Min(2, label.Length)).StartsWith("--", StringComparison.Ordinal) ? null
                : Ascii.IsValid(label) ? label
                : HasMixedDirections(label) || StartsWithMark(label) ? null
                : Punycode.GetAscii(label);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static bool StartsWithMark(string label) => Rune.GetUnicodeCategory(Rune.GetRuneAt(label, 0))
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    // The Bidi rule: a label with right-to-left letters has no left-to-right ones and begins with one of its own.
    private static bool HasMixedDirections(string label)
    {
        var runes = label.EnumerateRunes().Where(Rune.IsLetter).Select(IsRightToLeft).Distinct().ToArray();
        return runes.Length > 1 || (runes is [true] && !IsRightToLeft(Rune.GetRuneAt(label, 0)));
    }

    private static bool IsRightToLeft(Rune rune) =>
        rune.Value is (>= 0x590 and <= 0x8FF) or (>= 0x10800 and <= 0x10FFF) or (>= 0x1E800 and <= 0x1EFFF);
}
