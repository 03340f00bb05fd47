using System.Net.Sockets;

namespace Culvert.Benchmarks.Load.Sockets;

/// <summary>A socket on an <see cref="Epoll"/>. All its members belong to the thread that runs the queue.</summary>
internal abstract class SocketPeer(Epoll epoll, Socket socket)
{
    protected Epoll Epoll { get; } = epoll;

    public Socket Socket { get; } = socket;

    /// <summary>Place in the queue's table, or -1 when closed.</summary>
    public int Slot { get; set; } = -1;

    public abstract void OnReadable();

    public abstract void OnWritable();

    /// <summary>Receives what is there; null when nothing is, 0 when the peer has ended or failed.</summary>
    protected int? Receive(Span<byte> buffer)
    {
        var count = Socket.Receive(buffer, SocketFlags.None, out var error);
        return error switch
        {
            SocketError.Success => count,
            SocketError.WouldBlock => null,
            _ => 0,
        };
    }

    /// <summary>Sends what fits, which may be nothing; negative when the peer has failed.</summary>
    protected int Send(ReadOnlySpan<byte> bytes)
    {
        var count = Socket.Send(bytes, SocketFlags.None, out var error);
        return error switch
        {
            SocketError.Success => count,
            SocketError.WouldBlock => 0,
            _ => -1,
        };
    }
}
