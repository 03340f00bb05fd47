namespace Culvert.Engine.Datagrams.V2;

/// <summary>The last byte of a datagram of version 2 (datagrams, section 3.1).</summary>
public enum SuffixType : byte
{
    /// <summary>Payload, session id.</summary>
    Udp = 0,

    /// <summary>IP packet.</summary>
    Packet = 1,

    /// <summary>IP packet, trace identity.</summary>
    TracedPacket = 2,

    /// <summary>Trace spans, trace identity. Connectors send it and end the connection when they receive it.</summary>
    Spans = 3,
}

/// <summary>Why bytes are no datagram of version 2.</summary>
public enum SuffixFault
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>There is no type byte.</summary>
    Empty,

    /// <summary>The type is none of the four.</summary>
    UnknownType,

    /// <summary>Too short for the session id of its type.</summary>
    SessionIdCut,

    /// <summary>Too short for the trace identity of its type.</summary>
    TraceIdentityCut,
}

/// <summary>
/// A datagram of version 2, whose metadata stands at its end (datagrams, section 3.1). Borrows the bytes it was read from.
/// </summary>
public readonly ref struct SuffixedDatagram
{
    /// <summary>Bytes of a session id.</summary>
    public const int SessionIdLength = 16;

    /// <summary>Bytes of a trace identity: trace id 16, span id 8, flags 1.</summary>
    public const int TraceIdentityLength = 25;

    /// <summary>Bytes of the longest datagram that is sent.</summary>
    public const int MaxLength = 1350;

    private SuffixedDatagram(SuffixType type, ReadOnlySpan<byte> content, ReadOnlySpan<byte> metadata)
    {
        Type = type;
        Content = content;
        Metadata = metadata;
    }

    /// <summary>What it holds.</summary>
    public SuffixType Type { get; }

    /// <summary>UDP payload, IP packet, or spans (protobuf); may be empty.</summary>
    public ReadOnlySpan<byte> Content { get; }

    /// <summary>Session id (16 bytes), trace identity (25 bytes), or empty, as the type says.</summary>
    public ReadOnlySpan<byte> Metadata { get; }

    /// <summary>The session id of a UDP payload: bytes in the order of its text.</summary>
    /// <exception cref="InvalidOperationException">Another type has none.</exception>
    public Guid SessionId => Type == SuffixType.Udp && Metadata.Length == SessionIdLength
        ? new Guid(Metadata, bigEndian: true) : throw new InvalidOperationException($"{Type} has no session id.");

    /// <summary>Reads a datagram from its end.</summary>
    public static SuffixFault Read(ReadOnlySpan<byte> bytes, out SuffixedDatagram datagram)
    {
        datagram = default;
        if (bytes.IsEmpty)
            return SuffixFault.Empty;
        var type = (SuffixType)bytes[^1];
        if (type > SuffixType.Spans)
            return SuffixFault.UnknownType;
        var rest = bytes[..^1];
        var length = MetadataLength(type);
        if (rest.Length < length)
            return type == SuffixType.Udp ? SuffixFault.SessionIdCut : SuffixFault.TraceIdentityCut;
        datagram = new SuffixedDatagram(type, rest[..^length], rest[^length..]);
        return SuffixFault.None;
    }

    /// <summary>Appends the suffix of a UDP payload to it.</summary>
    /// <param name="payload">The buffer, of which the first bytes are the payload.</param>
    /// <param name="length">How many; at least 17 more must follow.</param>
    /// <param name="sessionId">The session.</param>
    /// <returns>Bytes of the datagram.</returns>
    /// <exception cref="ArgumentException">The buffer is too short, or the datagram would exceed 1350 bytes.</exception>
    public static int AppendSession(Span<byte> payload, int length, Guid sessionId)
    {
        Span<byte> id = stackalloc byte[SessionIdLength];
        _ = sessionId.TryWriteBytes(id, bigEndian: true, out _);
        return Append(payload, length, SuffixType.Udp, id);
    }

    /// <summary>Appends a suffix to a content.</summary>
    /// <param name="content">The buffer, of which the first bytes are the content.</param>
    /// <param name="length">How many; the suffix must fit behind.</param>
    /// <param name="type">What it holds.</param>
    /// <param name="metadata">As long as the type wants it.</param>
    /// <returns>Bytes of the datagram.</returns>
    /// <exception cref="ArgumentException">A length does not fit, or the datagram would exceed 1350 bytes.</exception>
    public static int Append(Span<byte> content, int length, SuffixType type, ReadOnlySpan<byte> metadata)
    {
        if (metadata.Length != MetadataLength(type))
            throw new ArgumentException($"{type} wants {MetadataLength(type)} bytes of metadata.", nameof(metadata));
        var total = length + metadata.Length + 1;
        if (total > MaxLength)
            throw new ArgumentException($"datagram size {total} exceeds max frame size {MaxLength}", nameof(length));
        if (total > content.Length)
            throw new ArgumentException($"The datagram has {total} bytes, the buffer {content.Length}.", nameof(content));
        metadata.CopyTo(content[length..]);
        content[total - 1] = (byte)type;
        return total;
    }

    private static int MetadataLength(SuffixType type) => type switch
    {
        SuffixType.Udp => SessionIdLength,
        SuffixType.Packet => 0,
        _ => TraceIdentityLength,
    };
}
