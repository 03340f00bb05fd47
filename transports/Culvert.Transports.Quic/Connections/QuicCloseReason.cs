namespace Culvert.Transports.Quic;

/// <summary>What ended a connection.</summary>
public enum QuicCloseKind
{
    /// <summary>An application closed it (CONNECTION_CLOSE of type 0x1d); the code is the application's.</summary>
    Application,

    /// <summary>A QUIC or TLS error (CONNECTION_CLOSE of type 0x1c); TLS alert a has code 0x100 + a.</summary>
    Transport,

    /// <summary>Nothing was heard for the idle time-out. No packet was sent.</summary>
    IdleTimeout,

    /// <summary>The handshake took too long.</summary>
    HandshakeTimeout,

    /// <summary>The peer no longer knows the connection (RFC 9000 section 10.3).</summary>
    StatelessReset,

    /// <summary>The peer speaks none of our QUIC versions.</summary>
    VersionMismatch,
}

/// <summary>Who ended a connection, and why.</summary>
/// <param name="Kind">What kind of end it was.</param>
/// <param name="IsRemote">True when the peer ended it.</param>
/// <param name="ErrorCode">Application or transport error code, 0 to 2^62-1.</param>
/// <param name="Text">The reason phrase, possibly empty. From a peer: not to be trusted, at most 1 KiB.</param>
public sealed record QuicCloseReason(QuicCloseKind Kind, bool IsRemote, ulong ErrorCode, string Text)
{
    internal const ulong InternalError = 0x01;
    internal const ulong ConnectionRefused = 0x02;
    internal const ulong InvalidToken = 0x0b;
    internal const ulong CryptoError = 0x100;

    /// <summary>One line for a log.</summary>
    public override string ToString()
    {
        var side = IsRemote ? "remote" : "local";
        var text = Text.Length == 0 ? "" : $": {Text}";
        return Kind switch
        {
            QuicCloseKind.Application => $"Application error 0x{ErrorCode:x} ({side}){text}",
            QuicCloseKind.Transport when ErrorCode is >= CryptoError and < CryptoError + 256 =>
                $"CRYPTO_ERROR 0x{ErrorCode:x} ({side}){text}",
            QuicCloseKind.Transport => $"Transport error 0x{ErrorCode:x} ({side}){text}",
            QuicCloseKind.IdleTimeout => "timeout: no recent network activity",
            QuicCloseKind.HandshakeTimeout => "timeout: handshake did not complete in time",
            QuicCloseKind.StatelessReset => "received a stateless reset",
            _ => "no compatible QUIC version found",
        };
    }

    internal static QuicCloseReason Internal(string text) => new(QuicCloseKind.Transport, false, InternalError, text);
}
