using System.Text;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.Http.Requests;

/// <summary>How a request's body is announced to an origin (http2-and-proxy, section 4.6.3).</summary>
/// <param name="HasBody">Whether bytes follow the head.</param>
/// <param name="Length">The announced length in bytes; null for chunks, or for no announcement when there is no body.</param>
internal readonly record struct RequestFraming(bool HasBody, long? Length)
{
    /// <summary>Decides for one request.</summary>
    public static RequestFraming Of(RequestHead head)
    {
        if (head.Kind == StreamKind.WebSocket)
        {
            return default;
        }

        if (head.HasBody && head.ContentLength != 0)
        {
            return new(true, head.ContentLength);
        }

        // Methods that usually carry a body say that there is none; origins may insist on a length (defect 3 of section 14.1).
        var carriesBody = !(head.Method.SequenceEqual("GET"u8) || head.Method.SequenceEqual("HEAD"u8)
            || head.Method.SequenceEqual("DELETE"u8) || head.Method.SequenceEqual("OPTIONS"u8));
        return new(false, carriesBody || head.ContentLength == 0 ? 0 : null);
    }

    /// <summary>
    /// Whether the request may be sent twice without harm (RFC 9110, section 9.2.2, without PUT and DELETE as in the
    /// original).
    /// </summary>
    public bool MayRepeat(RequestHead head) => !HasBody
        && (head.Method.SequenceEqual("GET"u8) || head.Method.SequenceEqual("HEAD"u8)
            || head.Method.SequenceEqual("OPTIONS"u8) || head.Method.SequenceEqual("TRACE"u8));

    /// <summary>Whether the visitor wants to be told to go on before the body is sent (RFC 9110, section 10.1.1).</summary>
    public bool ExpectsContinue(RequestHead head) => HasBody
        && head.Headers.TryGet("expect"u8, out var value) && Ascii.EqualsIgnoreCase(value, "100-continue"u8);

    /// <summary>Whether a field of the visitor is replaced by one of this client.</summary>
    /// <param name="name">The field's name.</param>
    /// <param name="webSocket">Whether the request is an upgrade.</param>
    /// <param name="host">Whether the host is replaced too.</param>
    public static bool Replaces(ReadOnlySpan<byte> name, bool webSocket, bool host) => name.Length switch
    {
        4 => Ascii.EqualsIgnoreCase(name, "host"u8),
        7 => webSocket && Ascii.EqualsIgnoreCase(name, "upgrade"u8),
        10 => Ascii.EqualsIgnoreCase(name, "connection"u8),
        14 => Ascii.EqualsIgnoreCase(name, "content-length"u8),
        16 => host && Ascii.EqualsIgnoreCase(name, "x-forwarded-host"u8),
        17 => Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8),
        21 => webSocket && Ascii.EqualsIgnoreCase(name, "sec-websocket-version"u8),
        _ => false,
    };
}
