using System.Buffers;
using System.Buffers.Text;

namespace Culvert.Engine.Origins.Http.Requests;

/// <summary>The value of a Host field (RFC 9110, section 7.2). Pure.</summary>
internal static class HostField
{
    private static readonly SearchValues<byte> NameBytes = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=%"u8);

    private static readonly SearchValues<byte> AddressBytes = SearchValues.Create("0123456789abcdefABCDEF:."u8);

    /// <summary>Whether origins can understand it: a name or an IP address, with a port up to 65535 if any.</summary>
    public static bool IsValid(ReadOnlySpan<byte> host)
    {
        ReadOnlySpan<byte> port;
        if (host is [(byte)'[', ..])
        {
            var close = host.IndexOf((byte)']');
            if (close <= 1 || host[1..close].ContainsAnyExcept(AddressBytes))
            {
                return false;
            }

            port = host[(close + 1)..];
        }
        else
        {
            var colon = host.IndexOf((byte)':');
            var name = colon < 0 ? host : host[..colon];
            if (name.IsEmpty || name.ContainsAnyExcept(NameBytes))
            {
                return false;
            }

            port = host[name.Length..];
        }

        return port.Length <= 1 ? port is [] or [(byte)':'] : port[0] == ':' && IsPort(port[1..]);
    }

    /// <summary>The name or address alone, without a port and without brackets.</summary>
    public static ReadOnlySpan<byte> WithoutPort(ReadOnlySpan<byte> host)
    {
        if (host is [(byte)'[', ..])
        {
            var close = host.IndexOf((byte)']');
            return close < 0 ? host : host[1..close];
        }

        var colon = host.IndexOf((byte)':');
        return colon < 0 ? host : host[..colon];
    }

    private static bool IsPort(ReadOnlySpan<byte> digits) =>
        !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9')
        && Utf8Parser.TryParse(digits, out ushort _, out var read) && read == digits.Length;
}
