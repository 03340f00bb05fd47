using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Culvert.Ingress.Values;

/// <summary>
/// IP addresses as text, as strictly as the original reads them. The platform also takes <c>10.1</c>, <c>0x0a.0.0.1</c>,
/// <c>010.0.0.1</c>, and <c>[::1]:80</c> for an address.
/// </summary>
public static class IpText
{
    private const int LongestV4 = 15;

    /// <summary>Reads four decimal numbers, or an IPv6 address without brackets and zone.</summary>
    public static bool TryParseAddress(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        return text.IndexOfAny("[]%/") < 0 && IPAddress.TryParse(text, out address) && IsCanonical(text, ref address);
    }

    /// <summary>Reads <c>IP:PORT</c>, where an IPv6 address has brackets; the port is 0 to 65535.</summary>
    public static bool TryParseEndPoint(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPEndPoint? endPoint)
    {
        endPoint = null;
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return false;
        }

        var host = text[..colon];
        var hasBrackets = host is ['[', .., ']'];
        if (!TryParseAddress(hasBrackets ? host[1..^1] : host, out var address)
            || hasBrackets != (address.AddressFamily == AddressFamily.InterNetworkV6))
        {
            return false;
        }

        endPoint = new IPEndPoint(address, port);
        return true;
    }

    /// <summary>
    /// Reads <c>IP/BITS</c>. Host bits are set to zero, and an IPv4 network that is written as IPv6 becomes one of IPv4.
    /// </summary>
    public static bool TryParseNetwork(ReadOnlySpan<char> text, out IPNetwork network)
    {
        network = default;
        var slash = text.IndexOf('/');
        var digits = text[(slash + 1)..];
        if (slash < 0 || digits is ['0', _, ..] || !TryParseAddress(text[..slash], out var address)
            || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var bits))
        {
            return false;
        }

        if (address.IsIPv4MappedToIPv6 && bits is >= 96 and <= 128)
        {
            (address, bits) = (address.MapToIPv4(), bits - 96);
        }

        var bytes = address.GetAddressBytes();
        if (bits > bytes.Length * 8)
        {
            return false;
        }

        for (var bit = bits; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        network = new IPNetwork(new IPAddress(bytes), bits);
        return true;
    }

    /// <summary>
    /// Whether the platform alone takes the text for an IPv4 address. For the original it is a name, and DNS knows no such name.
    /// </summary>
    public static bool IsLooseAddress(ReadOnlySpan<char> text) =>
        IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetwork
        && !TryParseAddress(text, out _);

    // What is written otherwise than it would be shown is a short, octal or hexadecimal form.
    private static bool IsCanonical(ReadOnlySpan<char> text, [NotNullWhen(true)] ref IPAddress? address)
    {
        Span<char> shown = stackalloc char[LongestV4];
        if (address!.AddressFamily == AddressFamily.InterNetwork
            && !(address.TryFormat(shown, out var length) && text.SequenceEqual(shown[..length])))
        {
            address = null;
        }

        return address is not null;
    }
}
