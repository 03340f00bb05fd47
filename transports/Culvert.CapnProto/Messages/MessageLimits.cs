namespace Culvert.CapnProto.Messages;

/// <summary>
/// How much of an untrusted message a <see cref="MessageReader"/> accepts. Beyond any of these it throws
/// <see cref="CapnProtoException"/>. Immutable.
/// </summary>
public sealed record MessageLimits
{
    /// <summary>The largest size that any message may have, in bytes with the frame header: 64 MiB.</summary>
    public const int LargestMessage = 64 << 20;

    /// <summary>The largest number of segments that any message may have: 513, as "segments minus one" may be 512.</summary>
    public const int LargestSegmentCount = 513;

    /// <summary>The limits of the reference implementation: 64 MiB, 64 MiB of traversal, 64 levels.</summary>
    public static MessageLimits Default { get; } = new();

    /// <summary>Message size in bytes with the frame header; 16 to <see cref="LargestMessage"/>.</summary>
    public int MessageBytes
    {
        get;
        init => field = value is >= 16 and <= LargestMessage
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "16 bytes to 64 MiB");
    } = LargestMessage;

    /// <summary>
    /// Bytes that may be visited in one message, counted each time a struct or list is reached, at least 8 for each and 8 for
    /// each element of no size. Keeps a small message with shared pointers from being worth gigabytes of work.
    /// </summary>
    public long TraversalBytes { get; init; } = 64 << 20;

    /// <summary>How many pointers deep a message may be read: 1 and more.</summary>
    public int Nesting { get; init; } = 64;
}
