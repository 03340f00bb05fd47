using System.Diagnostics;

namespace Culvert.Engine.Tracing.Export;

/// <summary>Spans as an OpenTelemetry ExportTraceServiceRequest (opentelemetry-proto, trace/v1).</summary>
internal static class OtlpEncoding
{
    private const string SchemaUrl = "https://opentelemetry.io/schemas/1.26.0";
    private const ulong KindServer = 2;
    private const ulong KindClient = 3;
    private const ulong StatusError = 2;

    // Whether the parent is remote is known, and is so (the flags of a Span).
    private const uint ParentIsKnown = 0x100;
    private const uint ParentIsRemote = 0x200;

    /// <summary>The encoded Resource message, the same for every request.</summary>
    public static ProtobufWriter Resource(OtlpOptions options, string version)
    {
        var resource = new ProtobufWriter();
        foreach (var (name, value) in options.Resource.Where(
            attribute => attribute.Key is not ("service.name" or "service.version"))
            .Append(new("service.name", options.ServiceName)).Append(new("service.version", version)))
        {
            resource.Message(1, SpanEncoding.Attribute(name, value));
        }

        return resource;
    }

    /// <summary>Encodes a request.</summary>
    public static byte[] Request(ProtobufWriter resource, string scopeName, IReadOnlyList<Activity> spans)
    {
        var scope = new ProtobufWriter();
        scope.Text(1, scopeName);
        var scopeSpans = new ProtobufWriter();
        scopeSpans.Message(1, scope);
        foreach (var span in spans)
        {
            scopeSpans.Message(2, Encode(span));
        }

        var resourceSpans = new ProtobufWriter();
        resourceSpans.Message(1, resource);
        resourceSpans.Message(2, scopeSpans);
        resourceSpans.Text(3, SchemaUrl);
        var request = new ProtobufWriter();
        request.Message(1, resourceSpans);
        return request.Written.ToArray();
    }

    private static ProtobufWriter Encode(Activity span)
    {
        Span<byte> traceId = stackalloc byte[16];
        Span<byte> id = stackalloc byte[8];
        var message = new ProtobufWriter();
        span.TraceId.CopyTo(traceId);
        message.Bytes(1, traceId);
        span.SpanId.CopyTo(id);
        message.Bytes(2, id);
        if (span.TraceStateString is { Length: > 0 } state)
        {
            message.Text(3, state);
        }

        if (span.ParentSpanId != default)
        {
            span.ParentSpanId.CopyTo(id);
            message.Bytes(4, id);
        }

        message.Text(5, span.DisplayName);
        message.Varint(6, span.Kind == ActivityKind.Client ? KindClient : KindServer);
        message.Fixed64(7, UnixNanoseconds(span.StartTimeUtc));
        message.Fixed64(8, UnixNanoseconds(span.StartTimeUtc + span.Duration));
        foreach (var (name, value) in span.TagObjects)
        {
            if (value is not null)
            {
                message.Message(9, SpanEncoding.Attribute(name, value is long ? value : value.ToString()!));
            }
        }

        foreach (var happened in span.Events)
        {
            var @event = new ProtobufWriter();
            @event.Fixed64(1, UnixNanoseconds(happened.Timestamp.UtcDateTime));
            @event.Text(2, happened.Name);
            message.Message(11, @event);
        }

        if (span.Status == ActivityStatusCode.Error)
        {
            var status = new ProtobufWriter();
            status.Text(2, span.StatusDescription ?? "");
            status.Varint(3, StatusError);
            message.Message(15, status);
        }

        message.Fixed32(16, (uint)span.ActivityTraceFlags | ParentIsKnown | (span.HasRemoteParent ? ParentIsRemote : 0));
        return message;
    }

    private static ulong UnixNanoseconds(DateTime time) =>
        (ulong)(time - DateTime.UnixEpoch).Ticks * (ulong)TimeSpan.NanosecondsPerTick;
}
