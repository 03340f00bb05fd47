using Culvert.Transports.Headers;
using Culvert.Transports.Streams;
using Microsoft.AspNetCore.Http.Features;

namespace Culvert.Transports.Http2.ConnectorRole;

/// <summary>The Classify stage of HTTP/2: what a stream is, by its marker headers (http2-and-proxy, section 1.4). Pure.</summary>
internal static class StreamClassification
{
    /// <summary>Tests in the original's order; only the first value of a header counts, and exactly.</summary>
    public static EdgeStreamType Of(IHttpRequestFeature request)
    {
        var marker = First(request, ControlHeaders.StreamMarker);
        return marker switch
        {
            ControlHeaders.MarkerConfiguration => EdgeStreamType.Configuration,
            ControlHeaders.MarkerWebSocket => EdgeStreamType.WebSocket,
            _ when First(request, ControlHeaders.TcpSource) is { Length: > 0 } => EdgeStreamType.Tcp,
            ControlHeaders.MarkerControlStream => EdgeStreamType.Control,
            _ => EdgeStreamType.Http,
        };
    }

    private static string? First(IHttpRequestFeature request, string name) =>
        request.Headers.TryGetValue(name, out var values) && values.Count > 0 ? values[0] : null;
}

/// <summary>The five stream types; the first three have the values of <see cref="StreamKind"/>.</summary>
internal enum EdgeStreamType
{
    Http = StreamKind.Http,
    WebSocket = StreamKind.WebSocket,
    Tcp = StreamKind.Tcp,
    Control,
    Configuration,
}
