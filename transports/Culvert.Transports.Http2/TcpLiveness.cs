using System.Net.Sockets;

namespace Culvert.Transports.Http2;

/// <summary>TCP keep-alive of tunnel connections: 15 s idle, 15 s interval, 9 probes (http2-and-proxy, section 1.1).</summary>
internal static class TcpLiveness
{
    public static void Apply(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 15);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 15);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 9);
    }
}
