using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.Http.Requests;

/// <summary>
/// Writes a request head to an HTTP/1.1 origin (http2-and-proxy, sections 4.6.1 to 4.6.3), straight from its bytes.
/// </summary>
internal static class RequestHeadWriter
{
    private static readonly SearchValues<byte> NoValueBytes = SearchValues.Create("\r\n\0"u8);

    // Controls, space and DEL; bytes above 127 pass as the visitor sent them.
    private static readonly SearchValues<byte> NoTargetBytes =
        SearchValues.Create([.. Enumerable.Range(0, 33).Select(i => (byte)i), 127]);

    /// <summary>Writes the head without flushing it.</summary>
    /// <param name="output">The origin.</param>
    /// <param name="head">The request; names, values, method and target go out as they are, in order.</param>
    /// <param name="framing">How the body is announced.</param>
    /// <param name="origin">What the origin is told as its host.</param>
    /// <exception cref="RequestFormatException">
    /// A part would break the head's lines apart. What was written until then must not be flushed.
    /// </exception>
    public static void Write(PipeWriter output, RequestHead head, RequestFraming framing, OriginHost origin)
    {
        var webSocket = head.Kind == StreamKind.WebSocket;
        var target = head.Target is [(byte)'/', ..] ? head.Target : "/"u8;
        var asked = head.Authority.IsEmpty ? origin.Default : head.Authority;
        var replaced = origin.Replacement.Length > 0;
        var host = replaced ? origin.Replacement : asked;
        if (!CanonicalName.IsToken(head.Method) || target.ContainsAny(NoTargetBytes) || !HostField.IsValid(host)
            || !HostField.IsValid(asked))
        {
            throw new RequestFormatException("the request has an invalid method, path or host");
        }

        PipeCopy.Write(output, head.Method);
        PipeCopy.Write(output, " "u8);
        PipeCopy.Write(output, target);
        PipeCopy.Write(output, " HTTP/1.1\r\nHost: "u8);
        PipeCopy.Write(output, host);
        PipeCopy.Write(output, webSocket
            ? "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"u8
            : "\r\nConnection: keep-alive\r\n"u8);
        WriteFraming(output, framing);
        if (replaced)
        {
            PipeCopy.Write(output, "X-Forwarded-Host: "u8);
            PipeCopy.Write(output, asked);
            PipeCopy.Write(output, "\r\n"u8);
        }

        for (var i = 0; i < head.Headers.Count; i++)
        {
            WriteField(output, head.Headers[i], webSocket, replaced);
        }

        PipeCopy.Write(output, "\r\n"u8);
    }

    private static void WriteFraming(PipeWriter output, RequestFraming framing)
    {
        if (framing.Length is { } length)
        {
            PipeCopy.Write(output, "Content-Length: "u8);
            Span<byte> digits = stackalloc byte[20];
            Utf8Formatter.TryFormat(length, digits, out var written);
            PipeCopy.Write(output, digits[..written]);
            PipeCopy.Write(output, "\r\n"u8);
        }
        else if (framing.HasBody)
        {
            PipeCopy.Write(output, "Transfer-Encoding: chunked\r\n"u8);
        }
    }

    private static void WriteField(PipeWriter output, HeaderField field, bool webSocket, bool replacesHost)
    {
        if (RequestFraming.Replaces(field.Name, webSocket, replacesHost))
        {
            return;
        }

        if (!CanonicalName.IsToken(field.Name) || field.Value.ContainsAny(NoValueBytes))
        {
            throw new RequestFormatException("the request has an invalid header field");
        }

        PipeCopy.Write(output, field.Name);
        PipeCopy.Write(output, ": "u8);
        PipeCopy.Write(output, field.Value);
        PipeCopy.Write(output, "\r\n"u8);
    }
}
