using System.Globalization;
using System.Text;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Values;

namespace Culvert.Ingress.Services;

/// <summary>
/// The parts of a URL, as the original's parser takes them apart: nothing is normalised but the scheme
/// (ingress-and-config, section 12.2).
/// </summary>
internal sealed partial class ServiceUrl
{
    private ServiceUrl(string text) => Text = text;

    /// <summary>The URL as it was written.</summary>
    public string Text { get; }

    /// <summary>In lower case; empty when there is none.</summary>
    public string Scheme { get; private set; } = "";

    /// <summary>User and password as they were written, or null.</summary>
    public string? UserInfo { get; private set; }

    /// <summary>Host and port, percent-decoded.</summary>
    public string Authority { get; private set; } = "";

    /// <summary>Percent-encoded, as it was written.</summary>
    public string Path { get; private set; } = "";

    /// <summary>What follows the scheme of a URL without slashes.</summary>
    public string Opaque { get; private set; } = "";

    /// <summary>Query with its question mark, or empty.</summary>
    public string Query { get; private set; } = "";

    /// <summary>Fragment with its hash, or empty.</summary>
    public string Fragment { get; private set; } = "";

    /// <summary>The host without brackets.</summary>
    public string Host
    {
        get
        {
            var host = Authority.AsSpan(0, Authority.Length - PortWithColon.Length);
            return (host.StartsWith('[') && host.EndsWith(']') ? host[1..^1] : host).ToString();
        }
    }

    /// <summary>The digits of the port; empty when there is none.</summary>
    public string Port => PortWithColon.TrimStart(':');

    private string PortWithColon
    {
        get
        {
            var colon = Authority.LastIndexOf(':');
            return colon > Authority.LastIndexOf(']') ? Authority[colon..] : "";
        }
    }

    /// <summary>The URL again, with the host percent-encoded where it has to be.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(Scheme).Append(Scheme.Length > 0 ? ":" : "").Append(Opaque);
        if (Opaque.Length == 0)
        {
            text.Append("//").Append(UserInfo).Append(UserInfo is null ? "" : "@");
            foreach (var b in Encoding.UTF8.GetBytes(Authority))
            {
                _ = IsHostCharacter((char)b) ? text.Append((char)b) : text.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
            }
        }

        return text.Append(Path).Append(Query).Append(Fragment).ToString();
    }

    /// <summary>Takes a URL apart.</summary>
    /// <exception cref="IngressException">Not a URL.</exception>
    public static ServiceUrl Parse(string text)
    {
        var url = new ServiceUrl(text);
        if (text.AsSpan().IndexOfAnyInRange('\0', '\x1F') >= 0 || text.Contains('\x7F', StringComparison.Ordinal))
        {
            throw url.Failed("net/url: invalid control character in URL");
        }

        var rest = url.CutSuffixes(text);
        rest = url.CutScheme(rest);
        if (!rest.StartsWith('/'))
        {
            if (url.Scheme.Length > 0)
            {
                url.Opaque = rest;
                return url;
            }

            var segment = rest.IndexOf('/') is var slash and >= 0 ? rest[..slash] : rest;
            if (segment.Contains(':', StringComparison.Ordinal))
            {
                throw url.Failed("first path segment in URL cannot contain colon");
            }
        }

        if (rest.StartsWith("//", StringComparison.Ordinal)
            && (url.Scheme.Length > 0 || !rest.StartsWith("///", StringComparison.Ordinal)))
        {
            var end = rest.IndexOf('/', 2);
            url.ReadAuthority(end < 0 ? rest[2..] : rest[2..end]);
            rest = end < 0 ? "" : rest[end..];
        }

        url.RefuseBadEscape(rest);
        url.Path = rest;
        return url;
    }

    private string CutSuffixes(string rest)
    {
        var hash = rest.IndexOf('#', StringComparison.Ordinal);
        if (hash >= 0)
        {
            (rest, Fragment) = (rest[..hash], rest[hash..]);
            RefuseBadEscape(Fragment);
        }

        var question = rest.IndexOf('?', StringComparison.Ordinal);
        if (question >= 0)
        {
            (rest, Query) = (rest[..question], rest[question..]);
        }

        return rest;
    }

    private string CutScheme(string rest)
    {
        for (var i = 0; i < rest.Length; i++)
        {
            if (rest[i] == ':')
            {
                if (i == 0)
                {
                    throw Failed("missing protocol scheme");
                }

                Scheme = rest[..i].ToLowerInvariant();
                return rest[(i + 1)..];
            }

            if (!char.IsAsciiLetter(rest[i]) && (i == 0 || (!char.IsAsciiDigit(rest[i]) && rest[i] is not ('+' or '-' or '.'))))
            {
                break;
            }
        }

        return rest;
    }

    private IngressException Failed(string reason) => new($"parse {GoText.Quote(Text)}: {reason}");
}
