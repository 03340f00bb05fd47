using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Rpc;

/// <summary>The limits of one <see cref="RpcConnection"/>. Immutable.</summary>
public sealed record RpcOptions
{
    /// <summary>The defaults.</summary>
    public static RpcOptions Default { get; } = new();

    /// <summary>What a received message may be. A message beyond it ends the connection with an Abort.</summary>
    public MessageLimits Message { get; init; } = MessageLimits.Default;

    /// <summary>
    /// Calls of this side that may be open at once, counting cancelled ones whose Return has not come; default 256. A call beyond
    /// it fails at once with an <see cref="RpcException"/> of type overloaded.
    /// </summary>
    public int Questions { get; init; } = 256;

    /// <summary>
    /// Calls of the other side that may be unfinished at once; default 256. A call beyond it is answered with an exception of
    /// type overloaded.
    /// </summary>
    public int Answers { get; init; } = 256;

    /// <summary>
    /// Bytes that unfinished calls of the other side may hold; default 64 MiB. A call beyond it is answered with an exception of
    /// type overloaded.
    /// </summary>
    public long AnswerBytes { get; init; } = MessageLimits.LargestMessage;

    /// <summary>
    /// Calls that may wait for one unfinished answer; default 64, as the reference has it. A call beyond it is answered with the
    /// exception "rpc: pipeline queue full".
    /// </summary>
    public int QueuedCalls { get; init; } = 64;

    /// <summary>
    /// Capabilities offered to the other side at once; default 256. A result that would exceed it becomes an exception of type
    /// overloaded.
    /// </summary>
    public int Exports { get; init; } = 256;

    /// <summary>
    /// Messages that may wait to be written before no further message is read; default 64. The other side is then held back by
    /// its transport until it reads.
    /// </summary>
    public int QueuedMessages { get; init; } = 64;

    /// <summary>How long closing waits for the last messages to be written before it gives them up; default 1 second.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(1);
}
