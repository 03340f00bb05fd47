namespace Culvert.Ingress.Snapshots;

/// <summary>Takes the port off a Host header.</summary>
internal static class HostPort
{
    /// <summary>
    /// The host of <c>host:port</c>, <c>[address]:port</c> or <c>host:</c>, without brackets; anything else is returned as it is.
    /// </summary>
    public static ReadOnlySpan<byte> HostOf(ReadOnlySpan<byte> text)
    {
        var colon = text.LastIndexOf((byte)':');
        if (colon < 0)
        {
            return text;
        }

        var host = text[..colon];
        var port = text[(colon + 1)..];
        if (text[0] == '[')
        {
            var end = text.IndexOf((byte)']');
            if (end + 1 != colon)
            {
                return text;
            }

            host = text[1..end];
            return host.Contains((byte)'[') || port.IndexOfAny("[]"u8) >= 0 ? text : host;
        }

        return host.IndexOfAny(":[]"u8) >= 0 || port.IndexOfAny("[]"u8) >= 0 ? text : host;
    }
}
