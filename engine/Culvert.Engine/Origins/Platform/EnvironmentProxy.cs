using System.Globalization;
using System.Net;
using Culvert.Engine.Origins.Http;
using Culvert.Ingress.Values;

namespace Culvert.Engine.Origins.Platform;

/// <summary>
/// The forward proxy that the process environment names for an origin: <c>HTTP_PROXY</c>, <c>HTTPS_PROXY</c> and <c>NO_PROXY</c>
/// or their lower-case forms, read as the original reads them. Loopback origins and unix sockets are never proxied.
/// </summary>
internal static class EnvironmentProxy
{
    /// <summary>Finds the proxy.</summary>
    /// <param name="address">The origin.</param>
    /// <param name="read">Reads an environment variable.</param>
    /// <returns>The proxy with its credentials, or null.</returns>
    /// <exception cref="IOException">The variable holds no URL of a proxy; the text names the variable's value.</exception>
    public static WebProxy? For(HttpOriginAddress address, Func<string, string?> read)
    {
        if (address.SocketPath is not null || IsLoopback(address.Host) || IsExempt(address, Read(read, "NO_PROXY")))
        {
            return null;
        }

        var text = Read(read, address.Tls ? "HTTPS_PROXY" : "HTTP_PROXY");
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        var withScheme = text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text;
        if (!Uri.TryCreate(withScheme, UriKind.Absolute, out var uri)
            || uri.Scheme is not ("http" or "https" or "socks5" or "socks5h"))
        {
            throw new IOException($"invalid proxy address \"{text}\": write a URL such as http://proxy.example:3128");
        }

        // The platform's socks5 leaves names to the proxy, as socks5h says.
        var server = new UriBuilder(uri.Scheme == "socks5h" ? "socks5" : uri.Scheme, uri.Host, uri.Port).Uri;
        var user = uri.UserInfo.Split(':', 2);
        return new WebProxy(server)
        {
            Credentials = uri.UserInfo.Length == 0
                ? null
                : new NetworkCredential(Uri.UnescapeDataString(user[0]), user.Length > 1 ? Uri.UnescapeDataString(user[1]) : ""),
        };
    }

    private static string? Read(Func<string, string?> read, string name) =>
        read(name) is { Length: > 0 } value ? value : read(name.ToLowerInvariant());

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IpText.TryParseAddress(host, out var ip) && IPAddress.IsLoopback(ip));

    private static bool IsExempt(HttpOriginAddress address, string? exemptions)
    {
        foreach (var part in (exemptions ?? "").Split(
            ',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == "*" || Covers(part.ToLowerInvariant(), address))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Covers(string part, HttpOriginAddress address)
    {
        if (IpText.TryParseAddress(address.Host, out var ip))
        {
            return part.Contains('/', StringComparison.Ordinal)
                ? IpText.TryParseNetwork(part, out var network) && network.Contains(ip)
                : (IpText.TryParseAddress(part, out var one) && one.Equals(ip))
                    || (IpText.TryParseEndPoint(part, out var end) && end.Address.Equals(ip) && end.Port == address.Port);
        }

        var colon = part.LastIndexOf(':');
        if (colon >= 0)
        {
            if (part[(colon + 1)..] != address.Port.ToString(CultureInfo.InvariantCulture))
            {
                return false;
            }

            part = part[..colon];
        }

        // "example.com" covers itself and what is below; ".example.com" and "*.example.com" only what is below.
        var suffix = part.TrimStart('*');
        var host = address.Host.ToLowerInvariant();
        return suffix.StartsWith('.')
            ? host.EndsWith(suffix, StringComparison.Ordinal)
            : host == part || host.EndsWith('.' + part, StringComparison.Ordinal);
    }
}
