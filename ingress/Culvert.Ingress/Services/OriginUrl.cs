namespace Culvert.Ingress.Services;

/// <summary>Reads the value of <c>--url</c> (cli-api-access, section 4.6).</summary>
public static class OriginUrl
{
    /// <summary>
    /// Reads an origin URL. Without a scheme <c>http</c> is meant; <c>ws</c> and <c>wss</c> stand for <c>http</c> and
    /// <c>https</c>; a path is dropped.
    /// </summary>
    /// <exception cref="FormatException">Not a URL, or of a scheme that is not supported; the text says which and what to write.</exception>
    public static OriginService Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var trimmed = text.Trim();
        var address = trimmed.Contains("://", StringComparison.Ordinal) ? trimmed : "http://" + Bracketed(trimmed);
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Host.Length == 0)
        {
            throw new FormatException($"Error validating origin URL: '{text}' is not a URL such as http://localhost:8080");
        }

        var scheme = uri.Scheme switch
        {
            "http" or "ws" => "http",
            "https" or "wss" => "https",
            _ => throw new FormatException(
                $"Error validating origin URL: Currently Cloudflare Tunnel does not support {uri.Scheme} protocol."),
        };
        var port = uri.Port > 0 ? uri.Port : scheme == "https" ? 443 : 80;
        return new OriginService.Http(new UriBuilder(scheme, uri.IdnHost, port).Uri);
    }

    // A bare IPv6 address has colons that would read as a port.
    private static string Bracketed(string host) =>
        System.Net.IPAddress.TryParse(host, out var ip) && ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6
            && !host.StartsWith('[')
            ? $"[{host}]" : host;
}
