using System.Net;
using System.Text;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;

namespace Culvert.Transports.Http2.EdgeRole;

/// <summary>Encodes a request towards an HTTP/2 connector (http2-and-proxy, section 2.1).</summary>
internal static class RequestEncoding
{
    /// <summary>
    /// What the platform's client has to take every request of a connection to be for: it asks for another connection for
    /// another host.
    /// </summary>
    public const string Origin = "http://connector";

    // The path has to arrive byte for byte: no dot-segment removal, no re-encoding.
    private static readonly UriCreationOptions RawPath = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>Creates the message and, for a request that may have a body, the content that carries it.</summary>
    public static (HttpRequestMessage Message, RequestBodyContent? Body) Create(RequestHead head)
    {
        var stays = head.Kind != StreamKind.Http;
        var target = head.Target.IsEmpty ? "/" : Encoding.Latin1.GetString(head.Target);
        var message = new HttpRequestMessage(Method(head), new Uri(Origin + target, RawPath))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        var body = stays || head.HasBody ? new RequestBodyContent(stays ? null : head.ContentLength) : null;
        message.Content = body;
        message.Headers.Host = Encoding.Latin1.GetString(head.Authority);
        for (var i = 0; i < head.Headers.Count; i++)
        {
            AddHeader(message, head.Headers[i]);
        }

        AddMarker(message, head);
        return (message, body);
    }

    private static void AddHeader(HttpRequestMessage message, HeaderField field)
    {
        if (field.Is("content-length"u8) || field.Is("host"u8))
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

    private static void AddMarker(HttpRequestMessage message, RequestHead head)
    {
        if (head.Kind == StreamKind.WebSocket)
        {
            message.Headers.TryAddWithoutValidation(ControlHeaders.StreamMarker, ControlHeaders.MarkerWebSocket);
        }
        else if (head.Kind == StreamKind.Tcp)
        {
            message.Headers.TryAddWithoutValidation(ControlHeaders.TcpSource, "tcp");
        }

        if (!head.TraceContext.IsEmpty)
        {
            message.Headers.TryAddWithoutValidation(ControlHeaders.TraceContext, Encoding.Latin1.GetString(head.TraceContext));
        }
    }

    private static HttpMethod Method(RequestHead head) =>
        head.Kind == StreamKind.Tcp ? HttpMethod.Get : HttpMethod.Parse(Encoding.Latin1.GetString(head.Method));
}
