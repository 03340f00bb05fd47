using System.Globalization;
using System.Net.Sockets;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Snapshots;
using Culvert.Ingress.Values;

namespace Culvert.Ingress.Services;

/// <summary>Reads the value of <c>--url</c>, which may be less than a URL (ingress-and-config, section 2.4).</summary>
public static class OriginUrl
{
    private static readonly string[] Schemes = ["http", "https", "rdp", "ssh", "smb", "tcp"];

    /// <summary>
    /// Reads an origin URL. Without a scheme <c>http</c> is meant. Behind a scheme the path is dropped; without one it stays
    /// in the
    /// service's text, though only the host counts.
    /// </summary>
    /// <exception cref="IngressException">Not a URL, or of a scheme that is not supported; the text says which.</exception>
    public static OriginService Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            return Read(text);
        }
        catch (IngressException e)
        {
            throw new IngressException($"Error validating origin URL: {e.Message}", e);
        }
    }

    private static OriginService Read(string text)
    {
        if (text.Length == 0)
        {
            throw new IngressException("URL should not be empty");
        }

        if (Address(text) is { } address)
        {
            return ServiceParser.FromUrl(ServiceUrl.Parse("http://" + address));
        }

        var unescaped = Unescape(text);
        var url = TryParse(unescaped) ?? throw new IngressException($"URL {text} has invalid format");
        if (url.Host.Length == 0)
        {
            // "localhost:8080" reads as a scheme with something behind it.
            url = ServiceUrl.Parse("http://" + unescaped);
            return url.Host.Length > 0 && url.Authority != "http:"
                ? ServiceParser.FromUrl(ServiceUrl.Parse($"http://{Ascii(url.Authority)}{url.Path}{url.Query}{url.Fragment}"))
                : throw new IngressException($"URL {text} has invalid format");
        }

        return Schemes.Contains(url.Scheme, StringComparer.Ordinal)
            ? ServiceParser.FromUrl(ServiceUrl.Parse($"{url.Scheme}://{Ascii(url.Authority)}"))
            : throw new IngressException($"Currently Cloudflare Tunnel does not support {url.Scheme} protocol.");
    }

    // An IP address, with brackets where a URL has them, and perhaps a port.
    private static string? Address(string text)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        var host = System.Text.Encoding.UTF8.GetString(HostPort.HostOf(bytes));
        var bare = text.StartsWith('[') && text.EndsWith(']') ? text[1..^1] : text;
        if (IsAddress(bare, out var v6))
        {
            return v6 ? $"[{bare}]" : bare;
        }

        return host.Length < text.Length && IsAddress(host, out v6)
            ? $"{(v6 ? $"[{host}]" : host)}{text[text.LastIndexOf(':')..]}" : null;
    }

    private static bool IsAddress(string text, out bool v6)
    {
        var valid = IpText.TryParseAddress(text, out var address);
        v6 = address?.AddressFamily == AddressFamily.InterNetworkV6;
        return valid;
    }

    private static string Unescape(string text)
    {
        for (var i = text.IndexOf('%', StringComparison.Ordinal); i >= 0; i = text.IndexOf('%', i + 1))
        {
            if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
            {
                throw new IngressException($"URL {text} has invalid escape characters ");
            }
        }

        return Uri.UnescapeDataString(text);
    }

    private static ServiceUrl? TryParse(string text)
    {
        try
        {
            return ServiceUrl.Parse(text);
        }
        catch (IngressException)
        {
            return null;
        }
    }

    private static string Ascii(string authority)
    {
        try
        {
            return System.Text.Ascii.IsValid(authority) ? authority : new IdnMapping().GetAscii(authority);
        }
        catch (ArgumentException e)
        {
            throw new IngressException($"URL {authority} has invalid format", e);
        }
    }
}
