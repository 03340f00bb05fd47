using System.Buffers;
using System.Text;
using Culvert.CapnProto.Messages;
using Culvert.Transports.Schema;

namespace Culvert.Transports.DataStreams;

/// <summary>
/// Writes the head of a data stream's answer, as a connector does; made once and used for stream after stream:
/// <see cref="Start"/>, entries, <see cref="WriteTo"/>. Its buffers are of the shared pool, kept until <see cref="Dispose"/>. Not
/// thread-safe. Allocates nothing in the steady state.
/// </summary>
public sealed class ConnectResponseWriter : IDisposable
{
    private readonly HeadOutput _head = new(ConnectResponse.Size);
    private bool _isListPresent;

    /// <summary>Starts a head.</summary>
    /// <param name="error">Why the stream cannot be served; empty for success; copied.</param>
    /// <param name="isListPresent">
    /// How metadata without entries is written: as an empty list, which is how the reference acknowledges TCP, or as null, which
    /// is how it sends an error.
    /// </param>
    /// <exception cref="CapnProtoException">The error alone exceeds 64 MiB.</exception>
    public void Start(ReadOnlySpan<byte> error = default, bool isListPresent = false)
    {
        _isListPresent = isListPresent;
        _head.Start(error);
    }

    /// <summary>Adds the entry HttpStatus, which comes first.</summary>
    /// <param name="status">The status, 100 to 999.</param>
    /// <exception cref="CapnProtoException">The message would exceed 64 MiB.</exception>
    public void AddStatus(int status)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(status, 100);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(status, 999);
        Span<byte> digits = [(byte)('0' + (status / 100)), (byte)('0' + (status / 10 % 10)), (byte)('0' + (status % 10))];
        Add(MetadataKey.HttpStatus, digits);
    }

    /// <summary>Adds an entry.</summary>
    /// <param name="key">The key; see <see cref="MetadataKey"/>; copied.</param>
    /// <param name="val">The value; copied.</param>
    /// <exception cref="CapnProtoException">The message would exceed 64 MiB.</exception>
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> val) => _head.Add(default, key, val);

    /// <summary>Adds a header value under the key "HttpHeader:name".</summary>
    /// <param name="name">The header's name; copied.</param>
    /// <param name="value">One of its values; copied.</param>
    /// <exception cref="CapnProtoException">The message would exceed 64 MiB.</exception>
    public void AddHeader(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        _head.Add(MetadataKey.HttpHeaderPrefix, name, value);

    /// <summary>Adds a header value of characters under the key "HttpHeader:name".</summary>
    /// <param name="name">The header's name; copied.</param>
    /// <param name="value">One of its values; copied.</param>
    /// <param name="encoding">How to make bytes of both.</param>
    /// <exception cref="CapnProtoException">The message would exceed 64 MiB.</exception>
    public void AddHeader(ReadOnlySpan<char> name, ReadOnlySpan<char> value, Encoding encoding) =>
        _head.Add(MetadataKey.HttpHeaderPrefix, name, value, encoding);

    /// <summary>Writes signature, version and message in one piece.</summary>
    /// <param name="output">Gets the bytes; not flushed.</param>
    /// <exception cref="CapnProtoException">The message would exceed 64 MiB.</exception>
    public void WriteTo(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        _head.WriteTo(output, data: 0, _isListPresent);
    }

    /// <summary>Gives the buffers back. The writer can be used again.</summary>
    public void Dispose() => _head.Dispose();
}
