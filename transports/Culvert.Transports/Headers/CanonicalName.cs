namespace Culvert.Transports.Headers;

/// <summary>
/// The spelling that origins behind HTTP/2 edges see: the first letter and every letter after a hyphen in upper case, the
/// others in lower case (http2-and-proxy, section 1.7.1).
/// </summary>
public static class CanonicalName
{
    /// <summary>Rewrites a name in place. Names with characters outside the token set are left as they are.</summary>
    public static void Apply(Span<byte> name)
    {
        if (!IsToken(name))
        {
            return;
        }

        var upper = true;
        foreach (ref var character in name)
        {
            if (upper && character is >= (byte)'a' and <= (byte)'z')
            {
                character -= 0x20;
            }
            else if (!upper && character is >= (byte)'A' and <= (byte)'Z')
            {
                character += 0x20;
            }

            upper = character == (byte)'-';
        }
    }

    /// <summary>Whether <see cref="Apply"/> would change nothing.</summary>
    public static bool IsCanonical(ReadOnlySpan<byte> name)
    {
        var upper = true;
        foreach (var character in name)
        {
            if (upper ? character is >= (byte)'a' and <= (byte)'z' : character is >= (byte)'A' and <= (byte)'Z')
            {
                return !IsToken(name);
            }

            upper = character == (byte)'-';
        }

        return true;
    }

    /// <summary>Whether the bytes are a non-empty RFC 9110 token.</summary>
    public static bool IsToken(ReadOnlySpan<byte> name) => !name.IsEmpty && name.IndexOfAnyExcept(TokenBytes) < 0;

    private static readonly System.Buffers.SearchValues<byte> TokenBytes = System.Buffers.SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"u8);
}
