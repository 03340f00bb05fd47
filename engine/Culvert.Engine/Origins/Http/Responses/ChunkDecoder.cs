using System.Buffers;
using System.Buffers.Text;
using Culvert.Transports.Headers;

namespace Culvert.Engine.Origins.Http.Responses;

/// <summary>
/// Undoes the chunked coding (RFC 9112, section 7.1) of bytes that arrive in any pieces. Extensions are ignored, trailers are
/// kept. Not thread-safe; <see cref="Reset"/> makes it ready for the next body.
/// </summary>
internal sealed class ChunkDecoder
{
    private const int MaxSizeLineBytes = 4096;
    private const int MaxSizeDigits = 16;

    private LineReader _lines;
    private State _state;
    private long _left;

    private enum State
    {
        Size,
        Data,
        DataEnd,
        Trailers,
        Done,
    }

    /// <summary>Whether the body and its trailers are complete.</summary>
    public bool IsDone => _state == State.Done;

    /// <summary>Bytes that are left of the chunk whose data comes next; 0 when something else does.</summary>
    public long DataLeft => _state == State.Data ? _left : 0;

    /// <summary>Takes note of data of the chunk that went past the decoder.</summary>
    /// <param name="count">At most <see cref="DataLeft"/>.</param>
    public void Skip(int count)
    {
        _left -= count;
        _state = _left == 0 ? State.DataEnd : State.Data;
    }

    /// <summary>Prepares for another body.</summary>
    public void Reset() => (_lines, _state, _left) = (default, State.Size, 0);

    /// <summary>Decodes until data comes out.</summary>
    /// <param name="reader">What follows the bytes taken before; moved behind what was taken.</param>
    /// <param name="trailers">Receives trailer fields; owned by the caller.</param>
    /// <param name="data">Bytes of the body; valid as long as the reader's are.</param>
    /// <returns>False when the body is complete or more bytes are needed.</returns>
    /// <exception cref="ResponseFormatException">The coding is broken.</exception>
    public bool TryRead(ref SequenceReader<byte> reader, HeaderList trailers, out ReadOnlySpan<byte> data)
    {
        data = default;
        while (_state != State.Done)
        {
            if (_state == State.Data)
            {
                data = reader.UnreadSpan;
                data = data[..(int)Math.Min(data.Length, _left)];
                reader.Advance(data.Length);
                _left -= data.Length;
                _state = _left == 0 ? State.DataEnd : State.Data;
                return !data.IsEmpty;
            }

            if (!_lines.TryRead(ref reader, out var line, Limit(_state)))
            {
                return false;
            }

            _state = Take(line, trailers);
        }

        return false;
    }

    private static int Limit(State state) => state switch
    {
        State.Size => MaxSizeLineBytes,
        State.DataEnd => 2,
        _ => LineReader.MaxSectionBytes,
    };

    private State Take(ReadOnlySpan<byte> line, HeaderList trailers)
    {
        switch (_state)
        {
            case State.Size:
                _lines = default;
                _left = ParseSize(line);
                return _left == 0 ? State.Trailers : State.Data;
            case State.DataEnd:
                // Two bytes with CR LF at the end: nothing else got here.
                _lines = default;
                return State.Size;
            default:
                if (line.IsEmpty)
                {
                    return State.Done;
                }

                AddTrailer(line, trailers);
                return State.Trailers;
        }
    }

    private static long ParseSize(ReadOnlySpan<byte> line)
    {
        var digits = line.IndexOfAnyExcept(HexDigits);
        digits = digits < 0 ? line.Length : digits;
        var rest = line[digits..].TrimStart(" \t"u8);
        if (digits is 0 or > MaxSizeDigits || !(rest.IsEmpty || rest[0] == ';'))
        {
            throw new ResponseFormatException("the response has an invalid chunk size");
        }

        return Utf8Parser.TryParse(line[..digits], out long size, out _, 'x') && size >= 0
            ? size
            : throw new ResponseFormatException("the response has a chunk size that is too large");
    }

    private static readonly SearchValues<byte> HexDigits = SearchValues.Create("0123456789abcdefABCDEF"u8);

    private static void AddTrailer(ReadOnlySpan<byte> line, HeaderList trailers)
    {
        FieldLine.Split(line, out var name, out var value);
        if (trailers.Count == HeaderList.MaxCount)
        {
            throw new ResponseFormatException($"the response has more than {HeaderList.MaxCount} trailer fields");
        }

        if (!TrailerField.IsForbidden(name))
        {
            trailers.Add(name, value);
        }
    }
}
