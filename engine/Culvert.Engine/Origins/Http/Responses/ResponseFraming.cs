using System.Buffers.Text;
using System.Text;

namespace Culvert.Engine.Origins.Http.Responses;

/// <summary>How a response's body ends.</summary>
internal enum BodyEnd
{
    /// <summary>There is no body.</summary>
    Absent,

    /// <summary>After a number of bytes.</summary>
    Length,

    /// <summary>With the last chunk and the trailers.</summary>
    Chunks,

    /// <summary>With the connection.</summary>
    Connection,
}

/// <summary>
/// Collects the fields that frame a response (RFC 9112, section 6). A value; refuses whatever two readers may frame
/// differently.
/// </summary>
internal struct ResponseFraming
{
    private bool _chunked;

    /// <summary>The announced length in bytes, or null.</summary>
    public long? Length { get; private set; }

    /// <summary>Whether the origin closes the connection after the response.</summary>
    public bool Close { get; private set; }

    /// <summary>Takes a field into account.</summary>
    /// <returns>
    /// Whether the field goes on to the edge; framing that this client undoes does not (http2-and-proxy, section 1.9.3).
    /// </returns>
    /// <exception cref="ResponseFormatException">The field contradicts another one or cannot be understood.</exception>
    public bool Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        // The lengths of the four names are unlike those of most others, so most fields cost one comparison.
        switch (name.Length)
        {
            case 14 when Ascii.EqualsIgnoreCase(name, "content-length"u8):
                return AddLength(value);
            case 17 when Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8):
                AddCoding(value);
                return false;
            case 10 when Ascii.EqualsIgnoreCase(name, "connection"u8):
                Close |= FieldLine.HasMember(value, "close"u8);
                return true;
            case 7 when Ascii.EqualsIgnoreCase(name, "trailer"u8):
                return false;
            default:
                return true;
        }
    }

    /// <summary>How the body ends, when there can be one.</summary>
    /// <param name="http10">Whether the response's version is HTTP/1.0, which knows no codings (RFC 9112, section 6.1).</param>
    /// <exception cref="ResponseFormatException">The fields contradict each other.</exception>
    public readonly BodyEnd Decide(bool http10) => (_chunked, Length) switch
    {
        (true, not null) => throw new ResponseFormatException("the response has both Content-Length and Transfer-Encoding"),
        (true, null) when http10 => throw new ResponseFormatException("the HTTP/1.0 response has a Transfer-Encoding"),
        (true, null) => BodyEnd.Chunks,
        (false, not null) => BodyEnd.Length,
        _ => BodyEnd.Connection,
    };

    private bool AddLength(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty || value.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0
            || !Utf8Parser.TryParse(value, out long length, out _))
        {
            throw new ResponseFormatException("the response has an invalid Content-Length");
        }

        if (Length is { } other && other != length)
        {
            throw new ResponseFormatException("the response has conflicting Content-Length values");
        }

        var first = Length is null;
        Length = length;
        return first;
    }

    private void AddCoding(ReadOnlySpan<byte> value)
    {
        if (_chunked || !Ascii.EqualsIgnoreCase(value, "chunked"u8))
        {
            throw new ResponseFormatException("the response has an unknown Transfer-Encoding");
        }

        _chunked = true;
    }
}
