using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Culvert.Transports.Headers;

/// <summary>
/// The encoding of an origin's response headers inside one HTTP/2 header (http2-and-proxy, section 1.9.2):
/// <c>B64(name):B64(value)</c> pairs joined by <c>;</c>, standard alphabet without padding, one pair for each value.
/// </summary>
public static class SerializedHeaders
{
    /// <summary>Number of characters that <see cref="Write"/> produces for the fields that pass the filter.</summary>
    public static int GetLength(HeaderList headers)
    {
        ArgumentNullException.ThrowIfNull(headers);
        var length = 0;
        for (var i = 0; i < headers.Count; i++)
        {
            var field = headers[i];
            if (!ControlHeaders.IsControlResponseHeader(field.Name))
            {
                length += (length == 0 ? 0 : 1) + UnpaddedLength(field.Name.Length) + 1 + UnpaddedLength(field.Value.Length);
            }
        }

        return length;
    }

    /// <summary>
    /// Writes every field but control headers (section 1.9.3) in list order.
    /// </summary>
    /// <param name="headers">The origin's headers.</param>
    /// <param name="destination">At least <see cref="GetLength"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    public static int Write(HeaderList headers, Span<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(headers);
        var written = 0;
        for (var i = 0; i < headers.Count; i++)
        {
            var field = headers[i];
            if (ControlHeaders.IsControlResponseHeader(field.Name))
            {
                continue;
            }

            if (written > 0)
            {
                destination[written++] = (byte)';';
            }

            written += WriteUnpadded(field.Name, destination[written..]);
            destination[written++] = (byte)':';
            written += WriteUnpadded(field.Value, destination[written..]);
        }

        return written;
    }

    /// <summary>Encodes to a string, for HTTP stacks that take nothing else.</summary>
    public static string Serialize(HeaderList headers) =>
        string.Create(GetLength(headers), headers, static (characters, list) =>
        {
            var buffer = ArrayPool<byte>.Shared.Rent(characters.Length + 4);
            try
            {
                var written = Write(list, buffer);
                Encoding.ASCII.GetChars(buffer.AsSpan(0, written), characters);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        });

    /// <summary>Decodes a header value and appends its fields to <paramref name="headers"/>.</summary>
    /// <returns>
    /// False when the text is malformed; what was appended until then stays and has to be dropped by the caller.
    /// </returns>
    /// <exception cref="HeaderLimitException">The fields exceed the list's limits.</exception>
    public static bool TryParse(ReadOnlySpan<byte> value, HeaderList headers)
    {
        ArgumentNullException.ThrowIfNull(headers);
        var scratch = ArrayPool<byte>.Shared.Rent(value.Length + 4);
        try
        {
            foreach (var range in value.Split((byte)';'))
            {
                var pair = value[range];
                if (!pair.IsEmpty && !TryParsePair(pair, headers, scratch))
                {
                    return false;
                }
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    private static bool TryParsePair(ReadOnlySpan<byte> pair, HeaderList headers, Span<byte> scratch)
    {
        var colon = pair.IndexOf((byte)':');
        if (colon < 0 || pair[(colon + 1)..].Contains((byte)':'))
        {
            return false;
        }

        if (!TryReadUnpadded(pair[..colon], scratch, out var nameLength)
            || !TryReadUnpadded(pair[(colon + 1)..], scratch[nameLength..], out var valueLength))
        {
            return false;
        }

        headers.Add(scratch[..nameLength], scratch.Slice(nameLength, valueLength));
        return true;
    }

    private static int UnpaddedLength(int bytes) => ((bytes * 4) + 2) / 3;

    private static int WriteUnpadded(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var whole = source.Length / 3 * 3;
        Base64.EncodeToUtf8(source[..whole], destination, out _, out var written);
        if (whole < source.Length)
        {
            // The platform's encoder always pads, so the last group is encoded aside and its padding left out.
            Span<byte> group = stackalloc byte[4];
            Base64.EncodeToUtf8(source[whole..], group, out _, out _);
            var kept = source.Length - whole + 1;
            group[..kept].CopyTo(destination[written..]);
            written += kept;
        }

        return written;
    }

    private static bool TryReadUnpadded(ReadOnlySpan<byte> source, Span<byte> destination, out int written)
    {
        written = 0;
        var whole = source.Length / 4 * 4;
        var rest = source.Length - whole;
        if (rest == 1 || source.ContainsAny((byte)'=', (byte)' ') || source.ContainsAny((byte)'\t', (byte)'\r', (byte)'\n'))
        {
            return false;
        }

        if (Base64.DecodeFromUtf8(source[..whole], destination, out _, out written) != OperationStatus.Done)
        {
            return false;
        }

        if (rest == 0)
        {
            return true;
        }

        Span<byte> group = [source[whole], source[whole + 1], rest == 3 ? source[whole + 2] : (byte)'=', (byte)'='];
        Span<byte> tail = stackalloc byte[3];
        if (rest == 2 && !TrailingBitsCleared(ref group[1], 0x0F))
        {
            return false;
        }

        if (rest == 3 && !TrailingBitsCleared(ref group[2], 0x03))
        {
            return false;
        }

        if (Base64.DecodeFromUtf8(group, tail, out _, out var tailLength) != OperationStatus.Done)
        {
            return false;
        }

        tail[..tailLength].CopyTo(destination[written..]);
        written += tailLength;
        return true;
    }

    /// <summary>
    /// Peers need not send zero trailing bits (section 1.9.2); the platform's decoder insists on them, so they are cleared.
    /// </summary>
    private static bool TrailingBitsCleared(ref byte character, int mask)
    {
        var alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8;
        var index = alphabet.IndexOf(character);
        if (index < 0)
        {
            return false;
        }

        character = alphabet[index & ~mask];
        return true;
    }
}
