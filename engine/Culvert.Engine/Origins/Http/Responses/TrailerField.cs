using System.Text;

namespace Culvert.Engine.Origins.Http.Responses;

/// <summary>Which fields have no meaning in a trailer section, or a dangerous one (RFC 9110, section 6.5.1).</summary>
internal static class TrailerField
{
    private static readonly byte[][] Forbidden =
    [
        .. new[]
        {
            "authorization", "cache-control", "connection", "content-encoding", "content-length", "content-range", "content-type",
            "expect", "host", "keep-alive", "max-forwards", "pragma", "proxy-authenticate", "proxy-authorization",
            "proxy-connection", "range", "realm", "te", "trailer", "transfer-encoding", "www-authenticate",
        }.Select(Encoding.ASCII.GetBytes),
    ];

    /// <summary>Whether a trailer with this name stays behind, as in the original (http2-and-proxy, section 1.9.8).</summary>
    public static bool IsForbidden(ReadOnlySpan<byte> name)
    {
        if (name.Length >= 3 && Ascii.EqualsIgnoreCase(name[..3], "if-"u8))
        {
            return true;
        }

        foreach (var forbidden in Forbidden)
        {
            if (Ascii.EqualsIgnoreCase(name, forbidden))
            {
                return true;
            }
        }

        return false;
    }
}
