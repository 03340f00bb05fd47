using System.Text;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;
using Microsoft.Extensions.Primitives;

namespace Culvert.Edge.Visitors;

/// <summary>Turns a visitor's request into the head that connectors get (http2-and-proxy, section 2.1).</summary>
internal static class VisitorRequest
{
    /// <summary>Reads the request.</summary>
    /// <returns>False when its target cannot be carried through a tunnel.</returns>
    /// <exception cref="HeaderLimitException">The head is larger than connectors take.</exception>
    public static bool TryRead(Visitor visitor, RequestHead head)
    {
        if (!TryGetTarget(visitor.RawTarget, out var target))
        {
            return false;
        }

        var webSocket = IsWebSocket(visitor);
        head.Kind = webSocket ? StreamKind.WebSocket : StreamKind.Http;
        head.HasBody = !webSocket && visitor.MayHaveBody;
        head.ContentLength = webSocket ? null : visitor.RequestHeaders.ContentLength;
        head.SetLine(visitor.Method, visitor.Authority, target);
        var connection = visitor.RequestHeaders.Connection;
        foreach (var (name, values) in visitor.RequestHeaders)
        {
            if (HopByHop.IsRequestHeader(name, connection) || IsReserved(name))
            {
                continue;
            }

            foreach (var value in values)
            {
                head.Headers.Add(name, value ?? "");
            }
        }

        AddIdentity(visitor, head.Headers);
        return true;
    }

    internal static bool IsWebSocket(Visitor visitor) =>
        visitor.Upgrade is { IsUpgradableRequest: true }
        && visitor.RequestHeaders.Upgrade.ToString().Equals("websocket", StringComparison.OrdinalIgnoreCase);

    // Origin-form goes through as it is; of the absolute form only path and query do.
    private static bool TryGetTarget(string raw, out string target)
    {
        target = raw;
        if (raw.StartsWith('/'))
        {
            return true;
        }

        var authority = raw.IndexOf("://", StringComparison.Ordinal);
        if (authority < 0)
        {
            return false;
        }

        var path = raw.IndexOfAny(['/', '?'], authority + 3);
        target = path < 0 ? "/" : raw[path] == '?' ? "/" + raw[path..] : raw[path..];
        return true;
    }

    // Names by which the edge and connectors talk to each other and to origins: a visitor may not forge them (E-28).
    private static bool IsReserved(string name) =>
        name.StartsWith("cf-", StringComparison.OrdinalIgnoreCase)
        && (name.StartsWith("cf-warp-tag-", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("cf-int-", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("cf-cloudflared-", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("cf-proxy-", StringComparison.OrdinalIgnoreCase)
            || name.Equals("cf-trace-id", StringComparison.OrdinalIgnoreCase)
            || name.Equals("cf-connecting-ip", StringComparison.OrdinalIgnoreCase)
            || name.Equals("cf-ray", StringComparison.OrdinalIgnoreCase));

    private static void AddIdentity(Visitor visitor, HeaderList headers)
    {
        var address = visitor.AddressText;
        var forwarded = visitor.RequestHeaders["X-Forwarded-For"];
        if (StringValues.IsNullOrEmpty(forwarded))
        {
            headers.Set("X-Forwarded-For"u8, address);
        }
        else
        {
            headers.Set("X-Forwarded-For"u8, $"{forwarded}, {Encoding.ASCII.GetString(address)}");
        }

        headers.Set("X-Forwarded-Proto"u8, visitor.Scheme);
        headers.Add("CF-Connecting-IP"u8, address);
        headers.Add("CF-Ray"u8, visitor.Ray.Write(stackalloc byte[RayId.MaxBytes]));
        if (!headers.TryGet("accept-encoding"u8, out _))
        {
            // Connectors of the original decompress on their own when nobody asks for an encoding (section 4.6.5).
            headers.Add("Accept-Encoding"u8, "identity"u8);
        }
    }
}
