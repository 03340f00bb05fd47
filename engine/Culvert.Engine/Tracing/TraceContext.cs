using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;

namespace Culvert.Engine.Tracing;

/// <summary>
/// Where a request belongs in the edge's trace: <c>trace:span:parent:flags</c> in hexadecimal (http2-and-proxy, section 8.1).
/// </summary>
/// <param name="TraceId">The trace; not zero.</param>
/// <param name="SpanId">The edge's span, which becomes the parent; not zero.</param>
/// <param name="IsSampled">Whether the edge records the trace.</param>
public readonly record struct TraceContext(UInt128 TraceId, ulong SpanId, bool IsSampled)
{
    private const int ShortIdDigits = 16;
    private const int LongIdDigits = 32;

    /// <summary>Reads the text. Allocates nothing.</summary>
    /// <returns>
    /// False unless there are four parts, the trace id has 16 or 32 digits, the span id 16 and the flags at least one. The
    /// original starts an unrelated trace then; here there is none.
    /// </returns>
    public static bool TryParse(ReadOnlySpan<byte> text, out TraceContext context)
    {
        context = default;
        Span<Range> parts = stackalloc Range[5];
        if (Split(text, parts) != 4)
        {
            return false;
        }

        var trace = text[parts[0]];
        var flags = text[parts[3]];
        if (trace.Length is not (ShortIdDigits or LongIdDigits) || text[parts[1]].Length != ShortIdDigits
            || !UInt128.TryParse(trace, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var traceId)
            || !ulong.TryParse(text[parts[1]], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var spanId)
            || !byte.TryParse(flags, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits)
            || traceId == UInt128.Zero || spanId == 0)
        {
            return false;
        }

        context = new TraceContext(traceId, spanId, (bits & 1) != 0);
        return true;
    }

    /// <summary>The same as a parent of the platform's spans.</summary>
    public ActivityContext ToActivityContext()
    {
        Span<byte> id = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(id, TraceId);
        var trace = ActivityTraceId.CreateFromBytes(id);
        BinaryPrimitives.WriteUInt64BigEndian(id, SpanId);
        return new ActivityContext(
            trace, ActivitySpanId.CreateFromBytes(id[..8]), IsSampled ? ActivityTraceFlags.Recorded : ActivityTraceFlags.None,
            isRemote: true);
    }

    private static int Split(ReadOnlySpan<byte> text, Span<Range> parts)
    {
        var count = 0;
        foreach (var part in text.Split((byte)':'))
        {
            if (count == parts.Length)
            {
                return count;
            }

            parts[count++] = part;
        }

        return count;
    }
}
