using System.Net;
using System.Text;

namespace Culvert.Engine.Origins.Tcp;

/// <summary>Reads the destination of a private-network stream: an IP address with a port, never a name (section 1.8).</summary>
internal static class PrivateAddress
{
    private const int LongestBytes = 64;

    /// <exception cref="OriginException">Anything else; the text is the original's.</exception>
    public static IPEndPoint Parse(ReadOnlySpan<byte> authority)
    {
        var text = authority.Length <= LongestBytes ? Encoding.Latin1.GetString(authority) : "";
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(text.AsSpan(colon + 1), System.Globalization.NumberStyles.None, null, out var port))
        {
            throw new OriginException("not an ip:port");
        }

        var host = text[..colon];
        var isV6 = host is ['[', .., ']'];
        var inner = isV6 ? host[1..^1] : host;
        if (inner.Contains(':', StringComparison.Ordinal) != isV6 || inner.ContainsAny('[', ']', '%')
            || !IPAddress.TryParse(inner, out var address) || (!isV6 && address.ToString() != inner))
        {
            throw new OriginException($"ParseAddr(\"{Printable(inner)}\"): not an IP address");
        }

        return new IPEndPoint(address, port);
    }

    private static string Printable(string text) => new([.. text.Select(c => c is > ' ' and < '\x7f' and not '"' ? c : '?')]);
}
