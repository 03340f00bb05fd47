using System.Globalization;
using System.Text;
using Culvert.Ingress.Values;

namespace Culvert.Ingress.Services;

/// <summary>User, host and port.</summary>
internal sealed partial class ServiceUrl
{
    private void ReadAuthority(string authority)
    {
        var at = authority.LastIndexOf('@');
        if (at >= 0)
        {
            UserInfo = authority[..at];
            if (UserInfo.Any(c => !char.IsAsciiLetterOrDigit(c) && !"-._:~!$&'()*+,;=%@".Contains(c, StringComparison.Ordinal)))
            {
                throw Failed("net/url: invalid userinfo");
            }

            RefuseBadEscape(UserInfo);
        }

        var host = authority[(at + 1)..];
        var bracket = host.StartsWith('[') ? host.LastIndexOf(']') : -1;
        if (host.StartsWith('[') && bracket < 0)
        {
            throw Failed("missing ']' in host");
        }

        var colon = bracket < 0 ? host.LastIndexOf(':') : bracket + 1;
        var port = colon < 0 ? "" : host[colon..];
        if (port.Length > 0 && (port[0] != ':' || port.AsSpan(1).ContainsAnyExceptInRange('0', '9')))
        {
            throw Failed($"invalid port {GoText.Quote(port)} after host");
        }

        var zone = bracket < 0 ? -1 : host.AsSpan(0, bracket).IndexOf("%25", StringComparison.Ordinal);
        Authority = zone < 0 ? UnescapeHost(host) : UnescapeHost(host[..zone]) + Unescape(host[zone..bracket]) + host[bracket..];
    }

    // Only bytes beyond ASCII may be written as escapes in a host.
    private string UnescapeHost(string host)
    {
        for (var i = 0; i < host.Length; i++)
        {
            if (host[i] == '%')
            {
                var valid = i + 2 < host.Length && char.IsAsciiHexDigit(host[i + 1]) && char.IsAsciiHexDigit(host[i + 2]);
                if (!valid || (host[i + 1] < '8' && host.AsSpan(i, 3) is not "%25"))
                {
                    throw BadEscape(host, i);
                }

                i += 2;
            }
            else if (host[i] < 0x80 && !IsHostCharacter(host[i]))
            {
                throw Failed($"invalid character {GoText.Quote(host.AsSpan(i, 1))} in host name");
            }
        }

        return Unescape(host);
    }

    private static bool IsHostCharacter(char c) =>
        char.IsAsciiLetterOrDigit(c) || "-_.~!$&'()*+,;=:[]<>\"".Contains(c, StringComparison.Ordinal);

    private string Unescape(string text)
    {
        RefuseBadEscape(text);
        var bytes = new List<byte>(text.Length);
        var source = Encoding.UTF8.GetBytes(text);
        for (var i = 0; i < source.Length; i++)
        {
            var escaped = source[i] == '%';
            bytes.Add(
                escaped ? byte.Parse(source.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) : source[i]);
            i += escaped ? 2 : 0;
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    private void RefuseBadEscape(string text)
    {
        for (var i = text.IndexOf('%', StringComparison.Ordinal); i >= 0; i = text.IndexOf('%', i + 1))
        {
            if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
            {
                throw BadEscape(text, i);
            }
        }
    }

    private Rules.IngressException BadEscape(string text, int at) =>
        Failed($"invalid URL escape {GoText.Quote(text.AsSpan(at, Math.Min(3, text.Length - at)))}");
}
