namespace Culvert.CapnProto.Rpc;

/// <summary>What kind of failure a remote exception is: rpc.capnp Exception.Type.</summary>
public enum RpcExceptionType
{
    /// <summary>The call failed.</summary>
    Failed = 0,

    /// <summary>The callee had no room; a later attempt may succeed.</summary>
    Overloaded = 1,

    /// <summary>The connection is gone.</summary>
    Disconnected = 2,

    /// <summary>The callee does not know the method.</summary>
    Unimplemented = 3,
}

/// <summary>
/// Says that a call failed: the other vat answered with an exception, the connection ended, or a limit was reached. A capability
/// that throws one answers its call with exactly this type and text.
/// </summary>
public sealed class RpcException : Exception
{
    /// <summary>The reason of calls that were still open when their connection ended.</summary>
    public const string ConnectionClosed = "rpc: connection closed";

    /// <summary>Makes the exception with a general text.</summary>
    public RpcException()
        : this("rpc: failed")
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">The reason as it stands on the wire.</param>
    public RpcException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">The reason as it stands on the wire.</param>
    /// <param name="innerException">Why.</param>
    public RpcException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="type">The kind of failure.</param>
    /// <param name="message">The reason as it stands on the wire.</param>
    /// <param name="innerException">Why, on this side only.</param>
    public RpcException(RpcExceptionType type, string message, Exception? innerException = null)
        : base(message, innerException) => Type = type;

    /// <summary>The kind of failure; values beyond the enum come from newer peers.</summary>
    public RpcExceptionType Type { get; }

    /// <summary>
    /// Whether the other vat answered the call with this exception, in contrast to a failure found on this side.
    /// </summary>
    public bool IsRemote { get; init; }

    /// <summary>Makes what a capability throws for a method that it does not have.</summary>
    /// <param name="interfaceId">The interface of the call.</param>
    /// <param name="methodId">The method's ordinal.</param>
    /// <returns>The exception, with the text and type of the reference implementation.</returns>
    public static RpcException MethodNotImplemented(ulong interfaceId, ushort methodId) =>
        new($"@0x{interfaceId:x}.@{methodId}: capnp: method not implemented");
}
