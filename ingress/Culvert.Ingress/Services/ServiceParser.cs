using System.Globalization;
using Culvert.Ingress.IpAccess;
using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Values;

namespace Culvert.Ingress.Services;

/// <summary>Reads the <c>service</c> of a rule (ingress-and-config, section 2.1).</summary>
internal static class ServiceParser
{
    private const int NoSuchPort = 0;

    /// <param name="text">The service as it was written.</param>
    /// <param name="settings">The rule's settings, with everything it inherits.</param>
    /// <param name="ipRules">The IP rules that the rule itself has; inherited ones do not count for a SOCKS proxy.</param>
    /// <exception cref="IngressException">Not a service.</exception>
    public static OriginService Parse(string text, OriginRequest settings, IReadOnlyList<IpRuleText>? ipRules)
    {
        switch (text)
        {
            case var _ when text.StartsWith("unix:", StringComparison.Ordinal):
                return new OriginService.UnixSocket(text["unix:".Length..], Tls: false);
            case var _ when text.StartsWith("unix+tls:", StringComparison.Ordinal):
                return new OriginService.UnixSocket(text["unix+tls:".Length..], Tls: true);
            case var _ when text.StartsWith("http_status:", StringComparison.Ordinal):
                return ParseStatus(text["http_status:".Length..]);
            case "hello_world" or "hello-world":
                return new OriginService.HelloWorld();
            case "socks-proxy":
                return new OriginService.Socks(Policy(ipRules ?? []));
            case "bastion":
            case var _ when settings.BastionMode:
                return new OriginService.Bastion();
            default:
                return ParseUrl(text);
        }
    }

    /// <summary>The service of a URL that has a host and perhaps a path, which does not count.</summary>
    /// <exception cref="IngressException">The host cannot be one.</exception>
    public static OriginService FromUrl(ServiceUrl url)
    {
        int? port = url.Port.Length == 0 ? null
            : ushort.TryParse(url.Port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : NoSuchPort;
        if (url.Scheme is not ("http" or "https" or "ws" or "wss"))
        {
            return new OriginService.Tcp(url.Scheme, url.Host, port ?? DefaultPort(url.Scheme));
        }

        var secure = url.Scheme is "https" or "wss";
        try
        {
            var address = new UriBuilder(secure ? "https" : "http", url.Host, port ?? (secure ? 443 : 80)).Uri;
            return new OriginService.Http(address) { Text = url.ToString() };
        }
        catch (UriFormatException e)
        {
            throw new IngressException($"parse {GoText.Quote(url.Text)}: invalid host name", e);
        }
    }

    private static OriginService.Status ParseStatus(string text)
    {
        long code;
        try
        {
            code = GoText.ParseInteger(text, "Atoi");
        }
        catch (FormatException e)
        {
            throw new IngressException($"invalid HTTP status code: {e.Message}", e);
        }

        return code is >= 100 and <= 999
            ? new OriginService.Status((int)code)
            : throw new IngressException(string.Create(CultureInfo.InvariantCulture, $"invalid HTTP status code: {code}"));
    }

    private static OriginService ParseUrl(string text)
    {
        var url = ServiceUrl.Parse(text);
        if (url.Scheme.Length == 0 || url.Host.Length == 0)
        {
            throw new IngressException($"{text} is an invalid address, please make sure it has a scheme and a hostname");
        }

        return url.Path.Length == 0 ? FromUrl(url) : throw new IngressException(
            $"{text} is an invalid address, ingress rules don't support proxying to a different path on the origin service. " +
            "The path will be the same as the eyeball request's path");
    }

    private static IpAccessPolicy Policy(IReadOnlyList<IpRuleText> texts)
    {
        try
        {
            return new IpAccessPolicy([.. texts.Select(IpRule.Parse)], allowByDefault: false);
        }
        catch (IngressException e)
        {
            throw new IngressException($"unable to create ip rule for socks-proxy: {e.Message}", e);
        }
    }

    private static int? DefaultPort(string scheme) => scheme switch
    {
        "ssh" => 22,
        "rdp" => 3389,
        "smb" => 445,
        "tcp" => 7864,
        _ => null,
    };
}
