using Culvert.Transports.Headers;

namespace Culvert.Engine.Origins.Http.Responses;

/// <summary>Header and trailer lines (RFC 9112, section 5). Pure.</summary>
internal static class FieldLine
{
    /// <summary>Splits a line.</summary>
    /// <param name="line">Without its end, not empty; <see cref="LineReader"/> has refused CR, LF and NUL.</param>
    /// <param name="name">A token.</param>
    /// <param name="value">Without the spaces and tabs around it.</param>
    /// <exception cref="ResponseFormatException">Obsolete folding, no colon, or a name that is no token.</exception>
    public static void Split(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        if (line[0] is (byte)' ' or (byte)'\t')
        {
            throw new ResponseFormatException("a header line of the response is folded");
        }

        var colon = line.IndexOf((byte)':');
        name = line[..Math.Max(colon, 0)];
        if (!CanonicalName.IsToken(name))
        {
            throw new ResponseFormatException("a header line of the response has no valid name");
        }

        value = Trim(line[(colon + 1)..]);
    }

    /// <summary>Whether a comma-separated list has this member, ignoring case.</summary>
    public static bool HasMember(ReadOnlySpan<byte> list, ReadOnlySpan<byte> member)
    {
        foreach (var range in list.Split((byte)','))
        {
            if (System.Text.Ascii.EqualsIgnoreCase(Trim(list[range]), member))
            {
                return true;
            }
        }

        return false;
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> value) => value.Trim(" \t"u8);
}
