using System.Net.Sockets;

namespace Culvert.Transports.Sockets;

/// <summary>The orderly end of a socket whose peer may be gone.</summary>
public static class SocketShutdowns
{
    /// <summary>
    /// Ends one or both directions. Before a close it is what keeps bytes on their way: a receive that waits would make the close
    /// a reset. Any thread, also while others use the socket or have disposed of it.
    /// </summary>
    /// <param name="socket">Connected, or not any more.</param>
    /// <param name="how">What ends.</param>
    public static void TryShutdown(this Socket socket, SocketShutdown how)
    {
        ArgumentNullException.ThrowIfNull(socket);
        try
        {
            socket.Shutdown(how);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer is gone, as reading will show, or the connection was reset.
        }
    }
}
