using System.Globalization;
using Culvert.Engine.Origins.Dialing;

namespace Culvert.Engine.Origins.Tcp;

/// <summary>A host with a port, as text.</summary>
internal static class HostPort
{
    /// <summary>The text of a host, which gets brackets where it needs them; without a port nothing connects to it.</summary>
    public static string Join(string host, int? port)
    {
        var shown = host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
        return port is { } number ? string.Create(CultureInfo.InvariantCulture, $"{shown}:{number}") : shown;
    }

    /// <summary>Splits the text; an IPv6 address loses its brackets.</summary>
    /// <exception cref="DialException">There is no port, or no valid one; the text is the original's.</exception>
    public static (string Host, int Port) Split(string text)
    {
        var colon = text.LastIndexOf(':');
        var bracket = text.LastIndexOf(']');
        if (colon < 0 || colon < bracket)
        {
            throw new DialException("tcp", $"address {text}: missing port in address");
        }

        var host = text[..colon];
        if (host.Contains(':', StringComparison.Ordinal) && host is not ['[', .., ']'])
        {
            throw new DialException("tcp", $"address {text}: too many colons in address");
        }

        return int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port is > 0 and <= ushort.MaxValue
            ? (host.Trim('[', ']'), port)
            : throw new DialException("tcp", $"address {text}: invalid port");
    }
}
