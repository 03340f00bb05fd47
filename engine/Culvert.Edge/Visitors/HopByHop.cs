using Microsoft.Extensions.Primitives;

namespace Culvert.Edge.Visitors;

/// <summary>Header fields that belong to one connection and are not forwarded (RFC 9110, section 7.6.1).</summary>
internal static class HopByHop
{
    /// <summary>
    /// Whether a request header stays behind. <c>te: trailers</c> is dropped too: the edge reads trailers always.
    /// </summary>
    public static bool IsRequestHeader(string name, StringValues connection) =>
        IsCommon(name) || name.Equals("te", StringComparison.OrdinalIgnoreCase)
        || name.Equals("expect", StringComparison.OrdinalIgnoreCase) || IsNamedBy(connection, name);

    /// <summary>Whether a response header stays behind.</summary>
    public static bool IsResponseHeader(string name, StringValues connection) => IsCommon(name) || IsNamedBy(connection, name);

    private static bool IsCommon(string name) => name.Length switch
    {
        7 => Is(name, "upgrade") || Is(name, "trailer"),
        10 => Is(name, "connection") || Is(name, "keep-alive"),
        16 => Is(name, "proxy-connection"),
        17 => Is(name, "transfer-encoding"),
        18 => Is(name, "proxy-authenticate"),
        19 => Is(name, "proxy-authorization"),
        _ => false,
    };

    private static bool Is(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);

    private static bool IsNamedBy(StringValues connection, string name)
    {
        foreach (var value in connection)
        {
            foreach (var token in value.AsSpan().Split(','))
            {
                if (value.AsSpan()[token].Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
