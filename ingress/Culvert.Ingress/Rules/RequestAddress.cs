using System.Text;
using Culvert.Ingress.Services;

namespace Culvert.Ingress.Rules;

/// <summary>
/// Host and path of a URL that somebody wants to know the rule of (ingress-and-config, section 1.10). Immutable.
/// </summary>
public sealed record RequestAddress
{
    private RequestAddress(string host, string path) =>
        (Host, Path) = (Encoding.UTF8.GetBytes(host), Encoding.UTF8.GetBytes(path));

    /// <summary>UTF-8, perhaps with a port; empty when the URL has none.</summary>
    public ReadOnlyMemory<byte> Host { get; }

    /// <summary>Percent-encoded, without a query.</summary>
    public ReadOnlyMemory<byte> Path { get; }

    /// <summary>Reads a URL.</summary>
    /// <exception cref="IngressException">Not a URL, or neither host nor scheme.</exception>
    public static RequestAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        ServiceUrl url;
        try
        {
            url = ServiceUrl.Parse(text);
        }
        catch (IngressException e)
        {
            throw new IngressException($"{text} is not a valid URL", e);
        }

        return url.Authority.Length > 0 || url.Scheme.Length > 0 ? new RequestAddress(url.Authority, url.Path)
            : throw new IngressException($"{text} doesn't have a hostname, consider adding a scheme");
    }
}
