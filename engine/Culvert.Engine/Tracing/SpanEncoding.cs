using System.Buffers.Binary;

namespace Culvert.Engine.Tracing;

/// <summary>
/// Spans as the edge reads them: an OpenTelemetry ExportTraceServiceRequest in which each span is a ResourceSpans of its own
/// (http2-and-proxy, section 8.3).
/// </summary>
internal static class SpanEncoding
{
    private const string SchemaUrl = "https://opentelemetry.io/schemas/1.7.0";
    private const string Scope = "origin";
    private const ulong KindInternal = 1;
    private const ulong StatusOk = 1;

    // Sampled, and the parent is known to be remote (the flags of opentelemetry-proto's Span).
    private const uint SampledWithRemoteParent = 0x301;

    public static byte[] Encode(TraceResource resource, TraceContext context, IReadOnlyList<Span> spans)
    {
        var request = new ProtobufWriter();
        foreach (var span in spans)
        {
            var scope = new ProtobufWriter();
            scope.Text(1, Scope);
            var scopeSpans = new ProtobufWriter();
            scopeSpans.Message(1, scope);
            scopeSpans.Message(2, Encode(context, span));
            var resourceSpans = new ProtobufWriter();
            resourceSpans.Bytes(1, resource.Encoded);
            resourceSpans.Message(2, scopeSpans);
            resourceSpans.Text(3, SchemaUrl);
            request.Message(1, resourceSpans);
        }

        return request.Written.ToArray();
    }

    /// <summary>A KeyValue message with a string or an integer.</summary>
    public static ProtobufWriter Attribute(string name, object value)
    {
        var any = new ProtobufWriter();
        if (value is string text)
        {
            any.Text(1, text);
        }
        else
        {
            any.Varint(3, (ulong)(long)value);
        }

        var attribute = new ProtobufWriter();
        attribute.Text(1, name);
        attribute.Message(2, any);
        return attribute;
    }

    private static ProtobufWriter Encode(TraceContext context, Span span)
    {
        Span<byte> traceId = stackalloc byte[16];
        Span<byte> id = stackalloc byte[8];
        BinaryPrimitives.WriteUInt128BigEndian(traceId, context.TraceId);
        var message = new ProtobufWriter();
        message.Bytes(1, traceId);
        BinaryPrimitives.WriteUInt64BigEndian(id, span.Id);
        message.Bytes(2, id);
        BinaryPrimitives.WriteUInt64BigEndian(id, context.SpanId);
        message.Bytes(4, id);
        message.Text(5, span.Name);
        message.Varint(6, KindInternal);
        message.Fixed64(7, UnixNanoseconds(span.Begin));
        message.Fixed64(8, UnixNanoseconds(span.End));
        foreach (var (name, value) in span.Attributes)
        {
            message.Message(9, Attribute(name, value));
        }

        var status = new ProtobufWriter();
        if (span.IsOk)
        {
            status.Varint(3, StatusOk);
        }

        message.Message(15, status);
        message.Fixed32(16, SampledWithRemoteParent);
        return message;
    }

    private static ulong UnixNanoseconds(DateTimeOffset time) =>
        (ulong)(time - DateTimeOffset.UnixEpoch).Ticks * (ulong)TimeSpan.NanosecondsPerTick;
}
