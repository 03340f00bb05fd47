using System.Net.Sockets;

namespace Culvert.Engine.Origins.Dialing;

/// <summary>TCP keep-alive as the original sets it: idle time from the settings, then 9 probes 15 s apart.</summary>
internal static class KeepAliveProbes
{
    private const int DefaultIdleSeconds = 15;
    private const int IntervalSeconds = 15;
    private const int Count = 9;

    public static void Set(Socket socket, TimeSpan idle)
    {
        if (idle < TimeSpan.Zero)
        {
            return;
        }

        var seconds = idle == TimeSpan.Zero
            ? DefaultIdleSeconds : (int)Math.Clamp(Math.Ceiling(idle.TotalSeconds), 1, short.MaxValue);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, seconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, IntervalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, Count);
    }
}
