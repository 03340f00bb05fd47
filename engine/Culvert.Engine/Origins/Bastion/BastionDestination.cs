using System.Text;
using Culvert.Transports.Headers;

namespace Culvert.Engine.Origins.Bastion;

/// <summary>Where a client of a bastion wants to go (http2-and-proxy, sections 7.2 and 11.6). Pure.</summary>
internal static class BastionDestination
{
    private const string Missing =
        "Did not receive final destination from client. The --destination flag is likely not set on the client side";

    /// <summary>Reads the destination of a request: the host of a URL, or the text up to the first slash. No port is
    /// added.</summary>
    /// <exception cref="OriginException">The client named none.</exception>
    public static string Of(HeaderList headers)
    {
        if (!headers.TryGet("cf-access-jump-destination"u8, out var value) || value.IsEmpty)
        {
            throw new OriginException(Missing);
        }

        var text = Encoding.Latin1.GetString(value);
        var slashes = text.IndexOf("//", StringComparison.Ordinal);
        if (slashes == 0 || (slashes > 1 && text[slashes - 1] == ':' && IsScheme(text.AsSpan(0, slashes - 1))))
        {
            var rest = text[(slashes + 2)..];
            var end = rest.AsSpan().IndexOfAny('/', '?', '#');
            var host = end < 0 ? rest : rest[..end];
            host = host[(host.LastIndexOf('@') + 1)..];
            if (host.Length > 0)
            {
                return host;
            }
        }

        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? text : text[..slash];
    }

    private static bool IsScheme(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '-' or '.'))
            {
                return false;
            }
        }

        return char.IsAsciiLetter(text[0]);
    }
}
