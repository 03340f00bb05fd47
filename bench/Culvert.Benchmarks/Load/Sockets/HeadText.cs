using System.Buffers.Text;

namespace Culvert.Benchmarks.Load.Sockets;

/// <summary>As much of HTTP/1.1 as the two ends of a benchmark need: heads whose fields are looked for by name.</summary>
internal static class HeadText
{
    public static ReadOnlySpan<byte> End => "\r\n\r\n"u8;

    /// <summary>Length of the head with its empty line, or -1 when it is not complete.</summary>
    public static int Length(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf(End);
        return end < 0 ? -1 : end + End.Length;
    }

    /// <summary>Value of Content-Length, or null.</summary>
    public static long? ContentLength(ReadOnlySpan<byte> head) =>
        Field(head, "\r\ncontent-length: "u8) is var value && Utf8Parser.TryParse(value, out long length, out _) ? length : null;

    /// <summary>
    /// Value of a field, given as CR LF, its name in small letters, a colon and a space.
    /// Empty when there is none.
    /// </summary>
    public static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> head, ReadOnlySpan<byte> name)
    {
        for (var at = 0; at < head.Length - name.Length; at++)
        {
            var next = head[at..].IndexOf((byte)'\r');
            if (next < 0)
            {
                break;
            }

            at += next;
            if (head.Length - at >= name.Length && EqualsIgnoringCase(head.Slice(at, name.Length), name))
            {
                var value = head[(at + name.Length)..];
                return value[..value.IndexOf((byte)'\r')];
            }
        }

        return default;
    }

    /// <summary>Number of a query parameter such as <c>n=</c> in the request line, or the fallback.</summary>
    public static long Number(ReadOnlySpan<byte> head, ReadOnlySpan<byte> name, long fallback)
    {
        var line = head[..head.IndexOf((byte)'\r')];
        var at = line.IndexOf(name);
        return at >= 0 && Utf8Parser.TryParse(line[(at + name.Length)..], out long value, out _) ? value : fallback;
    }

    private static bool EqualsIgnoringCase(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lower)
    {
        for (var i = 0; i < lower.Length; i++)
        {
            var letter = text[i] is >= (byte)'A' and <= (byte)'Z' ? (byte)(text[i] | 0x20) : text[i];
            if (letter != lower[i])
            {
                return false;
            }
        }

        return true;
    }
}
