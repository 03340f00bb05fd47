using System.Buffers;
using System.Net;
using System.Text;
using Culvert.Engine.Origins.Http;
using Culvert.Engine.Origins.Http.Requests;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.Platform;

/// <summary>Builds a request for the platform's client, with the header conventions of <see cref="RequestHeadWriter"/>.</summary>
internal static class PlatformRequest
{
    // The path has to arrive byte for byte: no dot-segment removal, no re-encoding.
    private static readonly UriCreationOptions RawPath = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private static readonly SearchValues<byte> NoTargetBytes =
        SearchValues.Create([.. Enumerable.Range(0, 33).Select(i => (byte)i), 127]);

    private static readonly SearchValues<byte> NoValueBytes = SearchValues.Create("\r\n\0"u8);

    /// <summary>Builds the message. The caller owns it and the content.</summary>
    /// <exception cref="RequestFormatException">A part cannot be sent as it is.</exception>
    public static (HttpRequestMessage Message, TunnelContent? Body) Create(
        EdgeStream stream, HttpOriginAddress address, OriginHost origin, RequestFraming framing, bool http2)
    {
        var head = stream.Request;
        var webSocket = head.Kind == StreamKind.WebSocket;
        var asked = head.Authority.IsEmpty ? origin.Default : head.Authority;
        if (!CanonicalName.IsToken(head.Method) || head.Target.ContainsAny(NoTargetBytes) || !HostField.IsValid(asked))
        {
            throw new RequestFormatException("the request has an invalid method, path or host");
        }

        var scheme = address.Tls ? "https://" : "http://";
        var message = new HttpRequestMessage(
            HttpMethod.Parse(Encoding.Latin1.GetString(head.Method)),
            new Uri(scheme + address.HostField + Target(head.Target), RawPath))
        {
            Version = http2 && !webSocket ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        var body = framing.HasBody ? new TunnelContent(stream.Input, framing.Length) : null;
        message.Content = body ?? (framing.Length is null ? null : (HttpContent)new ByteArrayContent([]));
        var replaced = origin.Replacement.Length > 0;
        message.Headers.Host = Encoding.Latin1.GetString(replaced ? origin.Replacement : asked);
        AddConnection(message, webSocket);
        if (replaced)
        {
            message.Headers.TryAddWithoutValidation("X-Forwarded-Host", Encoding.Latin1.GetString(asked));
        }

        for (var i = 0; i < head.Headers.Count; i++)
        {
            AddField(message, head.Headers[i], webSocket, replaced);
        }

        return (message, body);
    }

    // Raw bytes above 127 and a number sign have to be escaped, as the original does.
    private static string Target(ReadOnlySpan<byte> target)
    {
        if (target is not [(byte)'/', ..])
        {
            return "/";
        }

        var text = new StringBuilder(target.Length);
        foreach (var b in target)
        {
            if (b is > 127 or (byte)'#')
            {
                text.Append('%').Append(b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            }
            else
            {
                text.Append((char)b);
            }
        }

        return text.ToString();
    }

    private static void AddConnection(HttpRequestMessage message, bool webSocket)
    {
        if (webSocket)
        {
            message.Headers.TryAddWithoutValidation("Connection", "Upgrade");
            message.Headers.TryAddWithoutValidation("Upgrade", "websocket");
            message.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", "13");
        }
        else if (message.Version == HttpVersion.Version11)
        {
            message.Headers.TryAddWithoutValidation("Connection", "keep-alive");
        }
    }

    private static void AddField(HttpRequestMessage message, HeaderField field, bool webSocket, bool replacesHost)
    {
        if (RequestFraming.Replaces(field.Name, webSocket, replacesHost))
        {
            return;
        }

        if (!CanonicalName.IsToken(field.Name) || field.Value.ContainsAny(NoValueBytes))
        {
            throw new RequestFormatException("the request has an invalid header field");
        }

        if (!message.Headers.TryAddWithoutValidation(field.NameText, field.ValueText))
        {
            // The platform keeps the names of content headers apart; a request without a body gets an empty content for them.
            message.Content ??= new ByteArrayContent([]);
            message.Content.Headers.TryAddWithoutValidation(field.NameText, field.ValueText);
        }
    }
}
