using System.Net.Sockets;

namespace Culvert.Transports.Http2.Tests;

public sealed class TcpLivenessTests
{
    [Fact]
    public void Peer_that_falls_silent_is_noticed()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        TcpLiveness.Apply(socket);

        Assert.Equal(1, (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive)!);
        Assert.Equal(15, (int)socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime)!);
        if (OperatingSystem.IsLinux())
        {
            // TCP_USER_TIMEOUT, in milliseconds.
            var value = new byte[sizeof(int)];
            Assert.Equal(sizeof(int), socket.GetRawSocketOption(6, 18, value));
            Assert.Equal(20_000, BitConverter.ToInt32(value));
        }
    }
}
