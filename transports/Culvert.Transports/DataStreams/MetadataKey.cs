namespace Culvert.Transports.DataStreams;

/// <summary>The keys that metadata entries have. They are case-sensitive.</summary>
public static class MetadataKey
{
    /// <summary>The request's method; absent or empty is GET, and the last entry counts.</summary>
    public static ReadOnlySpan<byte> HttpMethod => "HttpMethod"u8;

    /// <summary>The request's Host; the last entry counts.</summary>
    public static ReadOnlySpan<byte> HttpHost => "HttpHost"u8;

    /// <summary>What precedes a header's name, once for each of its values.</summary>
    public static ReadOnlySpan<byte> HttpHeaderPrefix => "HttpHeader:"u8;

    /// <summary>The response's status, three digits, always the first entry.</summary>
    public static ReadOnlySpan<byte> HttpStatus => "HttpStatus"u8;

    /// <summary>An opaque id of a TCP stream, for logs.</summary>
    public static ReadOnlySpan<byte> FlowId => "FlowID"u8;

    /// <summary>The trace context of a TCP stream.</summary>
    public static ReadOnlySpan<byte> TraceId => "cf-trace-id"u8;

    /// <summary>The spans in the answer to a traced TCP stream.</summary>
    public static ReadOnlySpan<byte> Tracing => "Cf-Int-Cloudflared-Tracing"u8;

    /// <summary>Beside an error, with the value true: the flow limit was the reason.</summary>
    public static ReadOnlySpan<byte> FlowConnectRateLimited => "FlowConnectRateLimited"u8;
}
