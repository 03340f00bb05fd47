using Culvert.Transports.Headers;

namespace Culvert.Transports.Streams;

/// <summary>The head of a request that travels from the edge to a connector, the same on every transport.</summary>
/// <remarks>
/// Not thread-safe. Reusable: <see cref="Clear"/> returns its buffers to the pool. A transport that holds the head's message
/// lends it (<see cref="Lend"/>); one that has strings copies them once, into one buffer.
/// </remarks>
public sealed class RequestHead
{
    /// <summary>Largest method, authority, target, flow id or trace context in bytes.</summary>
    public const int MaxPartBytes = 64 * 1024;

    private readonly ByteArena _arena = new();
    private ArenaSlice _method;
    private ArenaSlice _authority;
    private ArenaSlice _target;
    private ArenaSlice _flowId;
    private ArenaSlice _traceContext;

    /// <summary>Creates an empty head.</summary>
    public RequestHead() => Headers = new HeaderList(_arena);

    /// <summary>What the stream carries.</summary>
    public StreamKind Kind { get; set; }

    /// <summary>Request method, as the visitor sent it.</summary>
    public ReadOnlySpan<byte> Method => _arena[_method];

    /// <summary>
    /// Host, with a port when the visitor sent one; for <see cref="StreamKind.Tcp"/> the destination <c>ip:port</c>.
    /// </summary>
    public ReadOnlySpan<byte> Authority => _arena[_authority];

    /// <summary>Raw path and query, byte for byte as the visitor sent it.</summary>
    public ReadOnlySpan<byte> Target => _arena[_target];

    /// <summary>Opaque id of a TCP flow, for logs; empty when the transport does not carry one.</summary>
    public ReadOnlySpan<byte> FlowId => _arena[_flowId];

    /// <summary>Trace context, empty when there is none.</summary>
    public ReadOnlySpan<byte> TraceContext => _arena[_traceContext];

    /// <summary>Header fields without pseudo-headers and without the control headers of the transport.</summary>
    public HeaderList Headers { get; }

    /// <summary>Whether a request body may follow. False means that the transport ends the request with its head.</summary>
    public bool HasBody { get; set; }

    /// <summary>Length of the body in bytes when the visitor announced it, else null.</summary>
    public long? ContentLength { get; set; }

    /// <summary>
    /// Lends the message that the head is read from: parts and fields that lie in it are referred to instead of copied. It must
    /// stay as it is until <see cref="Clear"/>. Called before anything is set.
    /// </summary>
    public void Lend(ReadOnlyMemory<byte> message) => _arena.Lend(message);

    /// <summary>Sets <see cref="Method"/>; the bytes are copied unless they were lent.</summary>
    /// <exception cref="HeaderLimitException">Longer than <see cref="MaxPartBytes"/>.</exception>
    public void SetMethod(ReadOnlySpan<byte> value) => Set(ref _method, value);

    /// <summary>Sets <see cref="Authority"/>; the bytes are copied unless they were lent.</summary>
    /// <exception cref="HeaderLimitException">Longer than <see cref="MaxPartBytes"/>.</exception>
    public void SetAuthority(ReadOnlySpan<byte> value) => Set(ref _authority, value);

    /// <summary>Sets <see cref="Target"/>; the bytes are copied unless they were lent.</summary>
    /// <exception cref="HeaderLimitException">Longer than <see cref="MaxPartBytes"/>.</exception>
    public void SetTarget(ReadOnlySpan<byte> value) => Set(ref _target, value);

    /// <summary>Sets <see cref="FlowId"/>; the bytes are copied unless they were lent.</summary>
    /// <exception cref="HeaderLimitException">Longer than <see cref="MaxPartBytes"/>.</exception>
    public void SetFlowId(ReadOnlySpan<byte> value) => Set(ref _flowId, value);

    /// <summary>Sets <see cref="TraceContext"/>; the bytes are copied unless they were lent.</summary>
    /// <exception cref="HeaderLimitException">Longer than <see cref="MaxPartBytes"/>.</exception>
    public void SetTraceContext(ReadOnlySpan<byte> value) => Set(ref _traceContext, value);

    /// <summary>Sets method, authority and target from text whose characters stand for one byte each (ISO 8859-1).</summary>
    /// <exception cref="HeaderLimitException">A part is longer than <see cref="MaxPartBytes"/>.</exception>
    public void SetLine(string method, string authority, string target)
    {
        Set(ref _method, method);
        Set(ref _authority, authority);
        Set(ref _target, target);
    }

    /// <summary>Empties the head and returns its buffers to the pool.</summary>
    public void Clear()
    {
        (_method, _authority, _target, _flowId, _traceContext) = (default, default, default, default, default);
        Headers.Clear();
        _arena.Clear();
        Kind = StreamKind.Http;
        HasBody = false;
        ContentLength = null;
    }

    private void Set(ref ArenaSlice part, ReadOnlySpan<byte> value)
    {
        ThrowIfTooLong(value.Length);
        part = _arena.Add(value);
    }

    private void Set(ref ArenaSlice part, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        ThrowIfTooLong(value.Length);
        part = _arena.Add(value);
    }

    private static void ThrowIfTooLong(int length)
    {
        if (length > MaxPartBytes)
        {
            throw new HeaderLimitException($"request method, host or path longer than {MaxPartBytes} bytes");
        }
    }
}
