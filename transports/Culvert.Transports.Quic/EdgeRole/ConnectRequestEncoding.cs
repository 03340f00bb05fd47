using Culvert.Transports.DataStreams;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;

namespace Culvert.Transports.Quic.EdgeRole;

/// <summary>Encodes a request towards a QUIC connector (quic-and-rpc, sections 2.5 and 2.7).</summary>
internal static class ConnectRequestEncoding
{
    /// <exception cref="HeaderLimitException">Host and path together are longer than a destination may be.</exception>
    public static void Write(RequestHead request, ConnectRequestWriter writer)
    {
        if (request.Kind == StreamKind.Tcp)
        {
            WriteTcp(request, writer);
            return;
        }

        Span<byte> scratch = stackalloc byte[512];
        var length = "https://".Length + request.Authority.Length + request.Target.Length;
        var dest = length <= scratch.Length ? scratch : new byte[length];
        "https://"u8.CopyTo(dest);
        request.Authority.CopyTo(dest["https://".Length..]);
        request.Target.CopyTo(dest[("https://".Length + request.Authority.Length)..]);
        writer.Start((ConnectionType)request.Kind, dest[..length]);
        writer.Add(MetadataKey.HttpMethod, request.Method);
        writer.Add(MetadataKey.HttpHost, request.Authority);
        for (var i = 0; i < request.Headers.Count; i++)
        {
            var field = request.Headers[i];

            // The name goes behind a colon that must be the only one.
            if (!field.Name.Contains((byte)':'))
            {
                writer.AddHeader(field.Name, field.Value);
            }
        }

        if (request is { Kind: StreamKind.Http, HasBody: true, ContentLength: null })
        {
            // Without a length or this, connectors read no body (E-16).
            writer.AddHeader("Transfer-Encoding"u8, "chunked"u8);
        }

        if (!request.TraceContext.IsEmpty)
        {
            writer.AddHeader("cf-trace-id"u8, request.TraceContext);
        }
    }

    private static void WriteTcp(RequestHead request, ConnectRequestWriter writer)
    {
        writer.Start(ConnectionType.Tcp, request.Authority);
        if (!request.FlowId.IsEmpty)
        {
            writer.Add(MetadataKey.FlowId, request.FlowId);
        }

        if (!request.TraceContext.IsEmpty)
        {
            writer.Add(MetadataKey.TraceId, request.TraceContext);
        }
    }
}
