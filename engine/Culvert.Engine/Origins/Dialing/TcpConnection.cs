using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Culvert.Transports.Sockets;

namespace Culvert.Engine.Origins.Dialing;

/// <summary>
/// A connected TCP or unix socket, with TLS or without, as two sides that can be closed one at a time. Holds a buffer only while
/// bytes are in it. Owned by one user, who may read and write at the same time.
/// </summary>
internal sealed class TcpConnection : IDisposable, IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly SslStream? _tls;

    /// <summary>Takes over a connected socket.</summary>
    /// <param name="socket">Not used by anybody before, except by <paramref name="tls"/>.</param>
    /// <param name="tls">The authenticated TLS stream over it, owned too, or null.</param>
    public TcpConnection(Socket socket, SslStream? tls = null)
    {
        (_socket, _tls) = (socket, tls);
        if (tls is null)
        {
            // Whoever receives or sends asks the system first, and waits only when it says so.
            socket.Blocking = false;
        }

        Input = new SocketInput(socket, tls);
        Output = new SocketOutput(socket, tls);
    }

    /// <summary>What the peer sends.</summary>
    public SocketInput Input { get; }

    /// <summary>What the peer is sent; bytes leave on a flush.</summary>
    public SocketOutput Output { get; }

    /// <summary>This end's address; of a TCP socket only.</summary>
    public IPEndPoint LocalAddress => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>Tells the peer that no more bytes come. What it sends can still be read.</summary>
    public void EndOutput() => _socket.TryShutdown(SocketShutdown.Send);

    /// <summary>Resets the connection: what runs on it fails at once. Any thread.</summary>
    public void Abort() => _socket.Close(timeout: 0);

    /// <summary>Closes the socket. Bytes that were not flushed are discarded: a peer that does not read must not hold
    /// this up.</summary>
    public void Dispose()
    {
        _socket.TryShutdown(SocketShutdown.Both);
        _socket.Dispose();
        _tls?.Dispose();
        Input.Complete();
        Output.Complete();
    }

    /// <summary>The same as <see cref="Dispose"/>.</summary>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
