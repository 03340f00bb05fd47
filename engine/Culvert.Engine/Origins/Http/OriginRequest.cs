using System.Net;
using System.Text;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.Http;

/// <summary>Builds the request to an HTTP origin (http2-and-proxy, sections 4.6.1 to 4.6.3).</summary>
internal static class OriginRequest
{
    // Origins see the path byte for byte as the visitor sent it.
    private static readonly UriCreationOptions RawPath = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public static HttpRequestMessage Create(Uri address, EdgeStream stream)
    {
        var head = stream.Request;
        var webSocket = head.Kind == StreamKind.WebSocket;
        var target = head.Target is [(byte)'/', ..] ? Encoding.Latin1.GetString(head.Target) : "/";
        var message = new HttpRequestMessage(
            HttpMethod.Parse(Encoding.Latin1.GetString(head.Method)),
            new Uri(address.GetLeftPart(UriPartial.Authority) + target, RawPath))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = webSocket ? null : CreateBody(stream),
        };
        for (var i = 0; i < head.Headers.Count; i++)
        {
            AddHeader(message, head.Headers[i], webSocket);
        }

        if (!head.Authority.IsEmpty)
        {
            message.Headers.Host = Encoding.Latin1.GetString(head.Authority);
        }

        message.Headers.TryAddWithoutValidation("Connection", webSocket ? "Upgrade" : "keep-alive");
        if (webSocket)
        {
            message.Headers.TryAddWithoutValidation("Upgrade", "websocket");
            message.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", "13");
        }

        return message;
    }

    private static HttpContent? CreateBody(EdgeStream stream)
    {
        var head = stream.Request;
        if (head.HasBody && head.ContentLength != 0)
        {
            return new RequestBodyContent(stream.Input, head.ContentLength);
        }

        // Methods that usually carry a body say that there is none; origins may insist on a length (defect 3 of section 14.1).
        var carriesBody = !(head.Method.SequenceEqual("GET"u8) || head.Method.SequenceEqual("HEAD"u8)
            || head.Method.SequenceEqual("DELETE"u8) || head.Method.SequenceEqual("OPTIONS"u8));
        return carriesBody || head.ContentLength == 0 ? new ByteArrayContent([]) : null;
    }

    private static void AddHeader(HttpRequestMessage message, HeaderField field, bool webSocket)
    {
        if (field.Is("content-length"u8) || field.Is("host"u8) || field.Is("connection"u8) || field.Is("transfer-encoding"u8)
            || (webSocket && (field.Is("upgrade"u8) || field.Is("sec-websocket-version"u8))))
        {
            return;
        }

        var name = field.NameText;
        var value = field.ValueText;
        if (!message.Headers.TryAddWithoutValidation(name, value))
        {
            // The platform keeps the names of content headers apart; a request without a body gets an empty content for them.
            message.Content ??= new ByteArrayContent([]);
            message.Content.Headers.TryAddWithoutValidation(name, value);
        }
    }
}
