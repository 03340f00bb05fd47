namespace Culvert.Transports.Quic;

/// <summary>QUIC cannot be used: a native library or a feature of it is missing. The message names what to install.</summary>
public sealed class QuicUnavailableException : NotSupportedException
{
    /// <summary>Creates the exception with a message of one line.</summary>
    public QuicUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and a cause.</summary>
    public QuicUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception with a general message.</summary>
    public QuicUnavailableException()
        : base("QUIC cannot be used on this machine.")
    {
    }
}

/// <summary>A stream was reset or aborted. Completing an output with this exception resets with its code.</summary>
public sealed class QuicStreamException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="errorCode">Application error code, 0 to 2^62-1.</param>
    /// <param name="message">What happened.</param>
    public QuicStreamException(ulong errorCode, string message)
        : base(message) => ErrorCode = errorCode;

    /// <summary>Creates the exception with code 0.</summary>
    public QuicStreamException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception with code 0.</summary>
    public QuicStreamException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with code 0.</summary>
    public QuicStreamException()
    {
    }

    /// <summary>Application error code of RESET_STREAM or STOP_SENDING.</summary>
    public ulong ErrorCode { get; }
}

/// <summary>The connection could not be made, or has ended.</summary>
public sealed class QuicConnectionException : IOException
{
    /// <summary>Creates the exception.</summary>
    public QuicConnectionException(QuicCloseReason reason)
        : base(reason.ToString()) => Reason = reason;

    /// <summary>Creates the exception with an internal error as reason.</summary>
    public QuicConnectionException(string message, Exception innerException)
        : base(message, innerException) => Reason = QuicCloseReason.Internal(message);

    /// <summary>Creates the exception with an internal error as reason.</summary>
    public QuicConnectionException(string message)
        : base(message) => Reason = QuicCloseReason.Internal(message);

    /// <summary>Creates the exception with an internal error as reason.</summary>
    public QuicConnectionException()
        : this("The connection has ended.")
    {
    }

    /// <summary>Who ended it, and why.</summary>
    public QuicCloseReason Reason { get; }
}
