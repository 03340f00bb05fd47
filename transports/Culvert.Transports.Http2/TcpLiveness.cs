using System.Net.Sockets;

namespace Culvert.Transports.Http2;

/// <summary>
/// How the system finds out that the peer of a tunnel connection is gone: TCP keep-alive with 15 s idle, 15 s interval, 9 probes
/// (http2-and-proxy, section 1.1), and on Linux a limit for bytes and probes without an acknowledgement.
/// </summary>
internal static class TcpLiveness
{
    /// <summary>
    /// Longest silence of a peer that owes an acknowledgement. By itself the system goes on for 15 minutes with bytes, and for
    /// two with probes, while requests are sent into the void.
    /// </summary>
    public static readonly TimeSpan UserTimeout = TimeSpan.FromSeconds(20);

    private const int ProtocolTcp = 6;
    private const int TcpUserTimeout = 18;

    public static void Apply(Socket socket)
    {
        if (OperatingSystem.IsLinux())
        {
            Span<byte> milliseconds = stackalloc byte[sizeof(int)];
            BitConverter.TryWriteBytes(milliseconds, (int)UserTimeout.TotalMilliseconds);
            socket.SetRawSocketOption(ProtocolTcp, TcpUserTimeout, milliseconds);
        }

        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 15);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 15);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 9);
    }
}
