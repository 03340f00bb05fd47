using System.Net;
using Culvert.Transports.Quic.Endpoints;

namespace Culvert.Transports.Quic;

/// <summary>Makes outgoing connections, each with a UDP socket and a loop of its own. Thread-safe.</summary>
public static class QuicClient
{
    /// <summary>Connects, verifies the server's certificate and name, and returns when the handshake is complete.</summary>
    /// <param name="remote">The server's address and UDP port.</param>
    /// <param name="options">Whom to expect there, and how to talk.</param>
    /// <param name="cancellationToken">Gives up; nothing is left behind.</param>
    /// <exception cref="QuicUnavailableException">QUIC, or the key exchange asked for, cannot be had here.</exception>
    /// <exception cref="QuicConnectionException">The handshake failed; its reason says how.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The local address or port cannot be bound, or there is no
    /// route.</exception>
    public static async ValueTask<QuicConnection> ConnectAsync(IPEndPoint remote, QuicClientOptions options,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(remote);
        ArgumentNullException.ThrowIfNull(options);
        cancellationToken.ThrowIfCancellationRequested();
        var group = new ClientGroup(remote, options, single: true);
        return await group.ConnectAsync(remote, cancellationToken).ConfigureAwait(false);
    }
}
