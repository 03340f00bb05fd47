namespace Culvert.CapnProto.Messages;

/// <summary>
/// Says that bytes are not a valid Cap'n Proto message, or that a message exceeds a limit of <see cref="MessageLimits"/>.
/// It is the only exception that reading untrusted bytes throws.
/// </summary>
public sealed class CapnProtoException : Exception
{
    /// <summary>Makes the exception with a general text.</summary>
    public CapnProtoException()
        : base("capnp: malformed message")
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">What is wrong; it never holds bytes of the message.</param>
    public CapnProtoException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="innerException">Why.</param>
    public CapnProtoException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
