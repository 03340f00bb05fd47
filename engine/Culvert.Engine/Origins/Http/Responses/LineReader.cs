using System.Buffers;
using Culvert.Transports.Headers;

namespace Culvert.Engine.Origins.Http.Responses;

/// <summary>
/// Takes lines from bytes that arrive in any pieces. Strict: a line ends with CR LF, and holds no other CR and no NUL (RFC 9112,
/// section 2.2: what two parsers read differently is how responses are smuggled).
/// </summary>
/// <remarks>
/// A value: the copy that was used last is the one that counts. Remembers what was searched, so that slow senders cost no
/// more.
/// </remarks>
internal struct LineReader
{
    /// <summary>Largest sum of all lines of one section in bytes.</summary>
    public const int MaxSectionBytes = HeaderList.MaxBytes;

    private long _searched;
    private long _taken;

    /// <summary>Takes the next line.</summary>
    /// <param name="reader">Positioned at the start of a line; moved behind the line when there is a whole one.</param>
    /// <param name="line">The line without its end; valid as long as the reader's bytes are.</param>
    /// <param name="limit">Largest sum of this line and those before it in bytes.</param>
    /// <exception cref="ResponseFormatException">The limit is exceeded, or the line has bytes that no line may have.</exception>
    public bool TryRead(ref SequenceReader<byte> reader, out ReadOnlySpan<byte> line, int limit = MaxSectionBytes)
    {
        line = default;
        if ((_searched > 0 && reader.UnreadSequence.Slice(_searched).PositionOf((byte)'\n') is null)
            || !reader.TryReadTo(out line, (byte)'\n'))
        {
            _searched = reader.Remaining;
            ThrowAbove(limit, _taken + _searched);
            return false;
        }

        _searched = 0;
        _taken += line.Length + 1;
        ThrowAbove(limit, _taken);
        if (line is not [.., (byte)'\r'])
        {
            throw new ResponseFormatException("a line of the response ends without CR");
        }

        line = line[..^1];
        if (line.IndexOfAny((byte)'\r', (byte)0) >= 0)
        {
            throw new ResponseFormatException("a line of the response holds CR or NUL");
        }

        return true;
    }

    private static void ThrowAbove(int limit, long bytes)
    {
        if (bytes > limit)
        {
            throw new ResponseFormatException($"a section of the response is larger than {limit} bytes");
        }
    }
}
