using System.Buffers;
using System.Text;

namespace Culvert.Ingress.PathPatterns;

/// <summary>Percent-decodes a path and reads it as UTF-8.</summary>
internal static class PathText
{
    private const int OnStack = 256;

    /// <summary>
    /// Decodes a path into the characters of an alphabet. A byte that is not UTF-8 counts as U+FFFD; a percent sign without two
    /// hexadecimal digits counts as itself.
    /// </summary>
    /// <param name="path">The path as it came, without a query.</param>
    /// <param name="alphabet">Says what stands for characters beyond ASCII.</param>
    /// <param name="characters">Takes the result; at least as long as the path.</param>
    /// <returns>Number of characters.</returns>
    public static int Decode(ReadOnlySpan<byte> path, PatternAlphabet alphabet, Span<char> characters)
    {
        if (!path.Contains((byte)'%'))
        {
            return ReadUtf8(path, alphabet, characters);
        }

        byte[]? rented = null;
        var bytes = path.Length <= OnStack ? stackalloc byte[OnStack] : rented = ArrayPool<byte>.Shared.Rent(path.Length);
        try
        {
            return ReadUtf8(bytes[..Unescape(path, bytes)], alphabet, characters);
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    /// <summary>Percent-decodes a path.</summary>
    /// <param name="path">The path as it came, without a query.</param>
    /// <param name="bytes">Takes the result; at least as long as the path.</param>
    /// <returns>Number of bytes.</returns>
    public static int Unescape(ReadOnlySpan<byte> path, Span<byte> bytes)
    {
        var count = 0;
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] == '%' && i + 2 < path.Length
                && char.IsAsciiHexDigit((char)path[i + 1]) && char.IsAsciiHexDigit((char)path[i + 2]))
            {
                bytes[count++] = (byte)((HexDigit(path[i + 1]) << 4) | HexDigit(path[i + 2]));
                i += 2;
            }
            else
            {
                bytes[count++] = path[i];
            }
        }

        return count;
    }

    private static int HexDigit(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private static int ReadUtf8(ReadOnlySpan<byte> bytes, PatternAlphabet alphabet, Span<char> characters)
    {
        Ascii.ToUtf16(bytes, characters, out var count);
        for (var at = count; at < bytes.Length;)
        {
            if (bytes[at] < 0x80)
            {
                characters[count++] = (char)bytes[at++];
                continue;
            }

            // Of a bad sequence every byte is a replacement character of its own.
            var valid = Rune.DecodeFromUtf8(bytes[at..], out var rune, out var length) == OperationStatus.Done;
            characters[count++] = alphabet[valid ? rune.Value : Rune.ReplacementChar.Value];
            at += valid ? length : 1;
        }

        return count;
    }
}
