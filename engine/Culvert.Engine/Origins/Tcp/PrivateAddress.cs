using System.Net;
using System.Text;
using Culvert.Ingress.Values;

namespace Culvert.Engine.Origins.Tcp;

/// <summary>Reads the destination of a private-network stream: an IP address with a port, never a name (section 1.8).</summary>
internal static class PrivateAddress
{
    private const int LongestBytes = 64;

    /// <exception cref="OriginException">Anything else; the text is the original's.</exception>
    public static IPEndPoint Parse(ReadOnlySpan<byte> authority)
    {
        var text = authority.Length <= LongestBytes ? Encoding.Latin1.GetString(authority) : "";
        if (IpText.TryParseEndPoint(text, out var destination))
        {
            return destination;
        }

        var colon = text.LastIndexOf(':');
        throw new OriginException(
            colon < 0 || !ushort.TryParse(text.AsSpan(colon + 1), System.Globalization.NumberStyles.None, null, out _)
                ? "not an ip:port" : $"ParseAddr(\"{Printable(text[..colon].Trim('[', ']'))}\"): not an IP address");
    }

    private static string Printable(string text) => new([.. text.Select(c => c is > ' ' and < '\x7f' and not '"' ? c : '?')]);
}
