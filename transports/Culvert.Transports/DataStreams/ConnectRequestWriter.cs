using System.Buffers;
using System.Text;
using Culvert.CapnProto.Messages;
using Culvert.Transports.Schema;

namespace Culvert.Transports.DataStreams;

/// <summary>
/// Writes the head of a data stream, as an edge does; made once and used for stream after stream: <see cref="Start"/>, entries,
/// <see cref="WriteTo"/>. Its buffers are of the shared pool, kept until <see cref="Dispose"/>. Not thread-safe. Allocates
/// nothing in the steady state.
/// </summary>
public sealed class ConnectRequestWriter : IDisposable
{
    private readonly HeadOutput _head = new(ConnectRequest.Size);
    private ConnectionType _type;

    /// <summary>Starts a head.</summary>
    /// <param name="type">What the stream carries. Only the three known values: others crash the reference connector.</param>
    /// <param name="dest">The destination: a URL reference for HTTP, ip:port for TCP; copied.</param>
    /// <exception cref="CapnProtoException">The destination alone exceeds 64 MiB.</exception>
    public void Start(ConnectionType type, ReadOnlySpan<byte> dest)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)type, (uint)ConnectionType.Tcp, nameof(type));
        _type = type;
        _head.Start(dest);
    }

    /// <summary>Adds an entry.</summary>
    /// <param name="key">The key; see <see cref="MetadataKey"/>; copied.</param>
    /// <param name="val">The value; copied.</param>
    /// <exception cref="CapnProtoException">The message would exceed 64 MiB.</exception>
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> val) => _head.Add(default, key, val);

    /// <summary>Adds an entry of characters.</summary>
    /// <param name="key">The key; copied.</param>
    /// <param name="val">The value; copied.</param>
    /// <param name="encoding">How to make bytes of both.</param>
    /// <exception cref="CapnProtoException">The message would exceed 64 MiB.</exception>
    public void Add(ReadOnlySpan<char> key, ReadOnlySpan<char> val, Encoding encoding) =>
        _head.Add(default, key, val, encoding);

    /// <summary>Adds a header value under the key "HttpHeader:name".</summary>
    /// <param name="name">The header's name; must not contain a colon; copied.</param>
    /// <param name="value">One of its values; copied.</param>
    /// <exception cref="CapnProtoException">The message would exceed 64 MiB.</exception>
    public void AddHeader(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        _head.Add(MetadataKey.HttpHeaderPrefix, name, value);

    /// <summary>Adds a header value of characters under the key "HttpHeader:name".</summary>
    /// <param name="name">The header's name; must not contain a colon; copied.</param>
    /// <param name="value">One of its values; copied.</param>
    /// <param name="encoding">How to make bytes of both.</param>
    /// <exception cref="CapnProtoException">The message would exceed 64 MiB.</exception>
    public void AddHeader(ReadOnlySpan<char> name, ReadOnlySpan<char> value, Encoding encoding) =>
        _head.Add(MetadataKey.HttpHeaderPrefix, name, value, encoding);

    /// <summary>
    /// Writes signature, version and message in one piece, which matters: the reference connector loses its place when the two
    /// version bytes do not arrive together.
    /// </summary>
    /// <param name="output">Gets the bytes; not flushed.</param>
    /// <exception cref="CapnProtoException">The message would exceed 64 MiB.</exception>
    public void WriteTo(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        _head.WriteTo(output, (ulong)_type, isListPresent: false);
    }

    /// <summary>Gives the buffers back. The writer can be used again.</summary>
    public void Dispose() => _head.Dispose();
}
