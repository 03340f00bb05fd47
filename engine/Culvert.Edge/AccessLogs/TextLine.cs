using System.Buffers;
using System.Globalization;
using System.Text;
using Culvert.Edge.Visitors;

namespace Culvert.Edge.AccessLogs;

/// <summary>A line as the time and <c>key=value</c>, quoted where a value has more than plain characters.</summary>
internal sealed class TextLine : ILineFormat
{
    /// <summary>More than a time, a number or an id takes.</summary>
    private const int MostBytesOfValue = 64;

    public void Dispose()
    {
    }

    public void Write(in AccessLogEntry entry, IBufferWriter<byte> destination)
    {
        Add(destination, ""u8, entry.Time.UtcDateTime, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'");
        destination.Write(" ip="u8);
        destination.Write(entry.Address);
        Add(destination, " host="u8, ILineFormat.Cut(entry.Host, ILineFormat.MaxWord));
        Add(destination, " method="u8, ILineFormat.Cut(entry.Method, ILineFormat.MaxWord));
        Add(destination, " path="u8, ILineFormat.Cut(entry.Path, ILineFormat.MaxPath));
        Add(destination, " status="u8, entry.Status);
        Add(destination, " received="u8, entry.Received);
        Add(destination, " sent="u8, entry.Sent);
        Add(destination, " duration="u8, entry.Duration.TotalSeconds, "0.000000");
        if (entry.Tunnel != Guid.Empty)
        {
            Add(destination, " tunnelID="u8, entry.Tunnel);
        }

        if (entry.Connection != Guid.Empty)
        {
            Add(destination, " connection="u8, entry.Connection);
        }

        destination.Write(" cfRay="u8);
        destination.Write(entry.Ray.Write(stackalloc byte[RayId.MaxBytes]));
        destination.Write(entry.Aborted ? " aborted=true\n"u8 : "\n"u8);
    }

    private static void Add<T>(IBufferWriter<byte> destination, ReadOnlySpan<byte> key, T value, string? format = null)
        where T : IUtf8SpanFormattable
    {
        destination.Write(key);
        value.TryFormat(destination.GetSpan(MostBytesOfValue), out var written, format, CultureInfo.InvariantCulture);
        destination.Advance(written);
    }

    private static void Add(IBufferWriter<byte> destination, ReadOnlySpan<byte> key, ReadOnlySpan<char> value)
    {
        destination.Write(key);
        var quote = value.IsEmpty || value.ContainsAnyExceptInRange('!', '~') || value.ContainsAny('"', '\\');
        if (!quote)
        {
            destination.Advance(Encoding.ASCII.GetBytes(value, destination.GetSpan(value.Length)));
            return;
        }

        destination.Write("\""u8);
        Span<byte> bytes = stackalloc byte[8];
        foreach (var rune in value.EnumerateRunes())
        {
            // One request is one line, whatever its visitor sent.
            if (Rune.IsControl(rune))
            {
                Add(destination, "\\u"u8, rune.Value, "x4");
                continue;
            }

            if (rune.Value is '"' or '\\')
            {
                destination.Write("\\"u8);
            }

            destination.Write(bytes[..rune.EncodeToUtf8(bytes)]);
        }

        destination.Write("\""u8);
    }
}
