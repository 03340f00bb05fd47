using System.Text;

namespace Culvert.Transports.Headers;

/// <summary>Header names and values reserved to the edge-connector pair (http2-and-proxy, sections 0.3 and 1.9).</summary>
public static class ControlHeaders
{
    /// <summary>Marks what a stream is; see the <c>Marker</c> values.</summary>
    public const string StreamMarker = "cf-cloudflared-proxy-connection-upgrade";

    /// <summary>Marks a stream as a private-network TCP stream when its value is not empty.</summary>
    public const string TcpSource = "cf-cloudflared-proxy-src";

    /// <summary>Carries the origin's response headers; see <see cref="SerializedHeaders"/>.</summary>
    public const string ResponseHeaders = "cf-cloudflared-response-headers";

    /// <summary>Carries who made the response; see <see cref="ResponseMeta"/>.</summary>
    public const string ResponseMetadata = "cf-cloudflared-response-meta";

    /// <summary>Trace context of a request.</summary>
    public const string TraceContext = "cf-trace-id";

    /// <summary>Trace result of a response.</summary>
    public const string TraceResult = "cf-int-cloudflared-tracing";

    /// <summary>Marker value of the control stream.</summary>
    public const string MarkerControlStream = "control-stream";

    /// <summary>Marker value of a WebSocket stream.</summary>
    public const string MarkerWebSocket = "websocket";

    /// <summary>Marker value of a configuration update.</summary>
    public const string MarkerConfiguration = "update-configuration";

    /// <summary>
    /// Whether a response header name may not travel from an origin to a visitor (section 1.9.3): names starting with
    /// <c>:</c>, <c>cf-int-</c>, <c>cf-cloudflared-</c> or <c>cf-proxy-</c>, in any case.
    /// </summary>
    public static bool IsControlResponseHeader(ReadOnlySpan<byte> name) =>
        (name.Length > 0 && name[0] == (byte)':')
        || StartsWith(name, "cf-int-"u8)
        || StartsWith(name, "cf-cloudflared-"u8)
        || StartsWith(name, "cf-proxy-"u8);

    private static bool StartsWith(ReadOnlySpan<byte> name, ReadOnlySpan<byte> prefix) =>
        name.Length >= prefix.Length && Ascii.EqualsIgnoreCase(name[..prefix.Length], prefix);
}
