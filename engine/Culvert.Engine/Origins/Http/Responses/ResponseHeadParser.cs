using System.Buffers;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.Http.Responses;

/// <summary>
/// Parses response heads out of bytes that arrive in any pieces (RFC 9112, section 4). Knows nothing of sockets. Not thread-safe;
/// <see cref="Reset"/> makes it ready for the next response.
/// </summary>
internal sealed class ResponseHeadParser
{
    private const int SwitchingProtocols = 101;

    private LineReader _lines;
    private ResponseFraming _framing;
    private int _status;
    private int _fields;
    private bool _http10;

    /// <summary>Whether the head is an interim one (1xx but 101): another one follows, after <see cref="Next"/>.</summary>
    public bool IsInterim => _status is >= 100 and < 200 and not SwitchingProtocols;

    /// <summary>Whether the connection may carry another response after this one, as far as the head tells.</summary>
    public bool KeepsConnection => !_framing.Close && !_http10;

    /// <summary>The announced length of the body in bytes.</summary>
    public long Length => _framing.Length ?? 0;

    /// <summary>Forgets everything, for another exchange.</summary>
    public void Reset()
    {
        _lines = default;
        Next();
    }

    /// <summary>Forgets an interim head. The limit on the sum of all heads of one response stays.</summary>
    public void Next() => (_framing, _status, _fields, _http10) = (default, 0, 0, false);

    /// <summary>Parses as many lines as are there.</summary>
    /// <param name="bytes">What follows the bytes consumed before.</param>
    /// <param name="head">
    /// Receives the status and the fields. Owned by the caller; to be cleared by it before the first call.
    /// </param>
    /// <param name="consumed">Where the lines that were taken end.</param>
    /// <returns>Whether the head is complete.</returns>
    /// <exception cref="ResponseFormatException">This is no valid response, or its head is too large.</exception>
    public bool TryParse(in ReadOnlySequence<byte> bytes, ResponseHead head, out SequencePosition consumed)
    {
        var reader = new SequenceReader<byte>(bytes);
        var complete = false;
        while (!complete && _lines.TryRead(ref reader, out var line))
        {
            if (_status == 0)
            {
                (_status, _http10) = ParseStatus(line);
                head.Status = _status;
            }
            else if (line.IsEmpty)
            {
                Finish(head);
                complete = true;
            }
            else
            {
                AddField(line, head.Headers);
            }
        }

        consumed = reader.Position;
        return complete;
    }

    /// <summary>How the body ends (RFC 9112, section 6.3).</summary>
    /// <param name="toHead">Whether this answers a HEAD request.</param>
    public BodyEnd DecideBody(bool toHead) =>
        toHead || _status is < 200 or 204 or 304 ? BodyEnd.Absent : _framing.Decide(_http10);

    // Status-line: HTTP/1.x SP 3DIGIT SP reason; origins are known to leave out the second space with an empty reason.
    private static (int Status, bool Http10) ParseStatus(ReadOnlySpan<byte> line)
    {
        if (line.Length >= 12 && line.StartsWith("HTTP/1."u8) && line[7] is (byte)'0' or (byte)'1' && line[8] == ' '
            && line[9] is >= (byte)'1' and <= (byte)'9' && char.IsAsciiDigit((char)line[10]) && char.IsAsciiDigit((char)line[11])
            && (line.Length == 12 || line[12] == ' '))
        {
            return (((line[9] - '0') * 100) + ((line[10] - '0') * 10) + line[11] - '0', line[7] == '0');
        }

        throw new ResponseFormatException("the response has a malformed status line");
    }

    private void AddField(ReadOnlySpan<byte> line, HeaderList headers)
    {
        if (++_fields > HeaderList.MaxCount)
        {
            throw new ResponseFormatException($"the response has more than {HeaderList.MaxCount} header fields");
        }

        FieldLine.Split(line, out var name, out var value);
        if (_framing.Add(name, value))
        {
            headers.Add(name, value);
        }
    }

    private void Finish(ResponseHead head)
    {
        // Contradictions are refused where no body comes either: the edge frames by these fields too.
        _ = _framing.Decide(_http10);
        if (_framing.Close)
        {
            head.Headers.Remove("connection"u8);
        }
    }
}
