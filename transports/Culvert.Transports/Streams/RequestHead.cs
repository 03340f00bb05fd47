using System.Buffers;
using System.Text;
using Culvert.Transports.Headers;

namespace Culvert.Transports.Streams;

/// <summary>The head of a request that travels from the edge to a connector, the same on every transport.</summary>
/// <remarks>Not thread-safe. Reusable: <see cref="Clear"/> returns its buffers to the pool.</remarks>
public sealed class RequestHead
{
    /// <summary>Largest method, authority, target, flow id or trace context in bytes.</summary>
    public const int MaxPartBytes = 64 * 1024;

    private PooledText _method;
    private PooledText _authority;
    private PooledText _target;
    private PooledText _flowId;
    private PooledText _traceContext;

    /// <summary>What the stream carries.</summary>
    public StreamKind Kind { get; set; }

    /// <summary>Request method, as the visitor sent it.</summary>
    public ReadOnlySpan<byte> Method => _method.Bytes;

    /// <summary>Host, with a port when the visitor sent one; for <see cref="StreamKind.Tcp"/> the destination <c>ip:port</c>.</summary>
    public ReadOnlySpan<byte> Authority => _authority.Bytes;

    /// <summary>Raw path and query, byte for byte as the visitor sent it.</summary>
    public ReadOnlySpan<byte> Target => _target.Bytes;

    /// <summary>Opaque id of a TCP flow, for logs; empty when the transport does not carry one.</summary>
    public ReadOnlySpan<byte> FlowId => _flowId.Bytes;

    /// <summary>Trace context, empty when there is none.</summary>
    public ReadOnlySpan<byte> TraceContext => _traceContext.Bytes;

    /// <summary>Header fields without pseudo-headers and without the control headers of the transport.</summary>
    public HeaderList Headers { get; } = new();

    /// <summary>Whether a request body may follow. False means that the transport ends the request with its head.</summary>
    public bool HasBody { get; set; }

    /// <summary>Length of the body in bytes when the visitor announced it, else null.</summary>
    public long? ContentLength { get; set; }

    /// <summary>Sets <see cref="Method"/>; the bytes are copied.</summary>
    /// <exception cref="HeaderLimitException">Longer than <see cref="MaxPartBytes"/>.</exception>
    public void SetMethod(ReadOnlySpan<byte> value) => _method.Set(value);

    /// <summary>Sets <see cref="Authority"/>; the bytes are copied.</summary>
    /// <exception cref="HeaderLimitException">Longer than <see cref="MaxPartBytes"/>.</exception>
    public void SetAuthority(ReadOnlySpan<byte> value) => _authority.Set(value);

    /// <summary>Sets <see cref="Target"/>; the bytes are copied.</summary>
    /// <exception cref="HeaderLimitException">Longer than <see cref="MaxPartBytes"/>.</exception>
    public void SetTarget(ReadOnlySpan<byte> value) => _target.Set(value);

    /// <summary>Sets <see cref="FlowId"/>; the bytes are copied.</summary>
    /// <exception cref="HeaderLimitException">Longer than <see cref="MaxPartBytes"/>.</exception>
    public void SetFlowId(ReadOnlySpan<byte> value) => _flowId.Set(value);

    /// <summary>Sets <see cref="TraceContext"/>; the bytes are copied.</summary>
    /// <exception cref="HeaderLimitException">Longer than <see cref="MaxPartBytes"/>.</exception>
    public void SetTraceContext(ReadOnlySpan<byte> value) => _traceContext.Set(value);

    /// <summary>Sets method, authority and target from text whose characters stand for one byte each (ISO 8859-1).</summary>
    /// <exception cref="HeaderLimitException">A part is longer than <see cref="MaxPartBytes"/>.</exception>
    public void SetLine(string method, string authority, string target)
    {
        _method.Set(method);
        _authority.Set(authority);
        _target.Set(target);
    }

    /// <summary>Empties the head and returns its buffers to the pool.</summary>
    public void Clear()
    {
        _method.Return();
        _authority.Return();
        _target.Return();
        _flowId.Return();
        _traceContext.Return();
        Headers.Clear();
        Kind = StreamKind.Http;
        HasBody = false;
        ContentLength = null;
    }

    private struct PooledText
    {
        private byte[]? _buffer;
        private int _length;

        public readonly ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _length);

        public void Set(ReadOnlySpan<byte> value)
        {
            Reserve(value.Length);
            value.CopyTo(_buffer);
        }

        public void Set(string value)
        {
            ArgumentNullException.ThrowIfNull(value);
            Reserve(value.Length);
            Encoding.Latin1.GetBytes(value, _buffer);
        }

        public void Return()
        {
            if (_buffer is not null)
            {
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = null;
            }

            _length = 0;
        }

        private void Reserve(int length)
        {
            if (length > MaxPartBytes)
            {
                throw new HeaderLimitException($"request method, host or path longer than {MaxPartBytes} bytes");
            }

            if (_buffer is null || _buffer.Length < length)
            {
                Return();
                _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(length, 16));
            }

            _length = length;
        }
    }
}
