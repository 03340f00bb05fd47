using System.Net;

namespace Culvert.Transports.Quic.Providers;

/// <summary>What tunnels need of a QUIC connection, whichever library carries it. Thread-safe.</summary>
internal interface IQuicConnection : IAsyncDisposable
{
    /// <summary>Our address.</summary>
    IPEndPoint LocalEndPoint { get; }

    /// <summary>The peer's address.</summary>
    IPEndPoint RemoteEndPoint { get; }

    /// <summary>Cancelled when the connection has ended.</summary>
    CancellationToken ClosedToken { get; }

    /// <summary>
    /// Opens a bidirectional stream. It may be given before the peer allows one more: what is written then waits, within the
    /// stream's send limit.
    /// </summary>
    /// <exception cref="IOException">The connection has ended.</exception>
    ValueTask<IQuicStream> OpenAsync(CancellationToken cancellationToken);

    /// <summary>The next stream that the peer opened; the caller disposes it.</summary>
    /// <exception cref="IOException">The connection has ended.</exception>
    ValueTask<IQuicStream> AcceptAsync(CancellationToken cancellationToken);

    /// <summary>Closes with application code 0 and an empty reason (quic-and-rpc, section 1.8).</summary>
    ValueTask CloseAsync();
}
