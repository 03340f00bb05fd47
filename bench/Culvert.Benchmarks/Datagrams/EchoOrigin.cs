using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Culvert.Transports.Native;

namespace Culvert.Benchmarks.Datagrams;

/// <summary>
/// Sends every datagram back, on a thread of its own: what waits is read by one call and answered by one, so that it is the
/// connector that is measured, and not how slowly an origin feeds it.
/// </summary>
internal sealed unsafe class EchoOrigin : IDisposable
{
    private const int MaxMessages = 64;
    private const int MessageBytes = 2048;
    private const int AddressBytes = 16;
    private const int MSG_WAITFORONE = 0x10000;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Thread _thread;
    private volatile bool _stopping;

    public EchoOrigin()
    {
        _socket.ReceiveBufferSize = 4 * 1024 * 1024;
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _thread = new Thread(Run) { IsBackground = true, Name = "echo" };
        _thread.Start();
    }

    public ushort Port => (ushort)((IPEndPoint)_socket.LocalEndPoint!).Port;

    public void Dispose()
    {
        // Wakes the thread, which closing the descriptor would not.
        _stopping = true;
        using (var client = new UdpClient())
            client.Send([0], new IPEndPoint(IPAddress.Loopback, Port));
        _thread.Join();
        _socket.Dispose();
    }

    private void Run()
    {
        var perMessage = MessageBytes + AddressBytes + sizeof(iovec) + sizeof(mmsghdr);
        var memory = (byte*)NativeMemory.AllocZeroed((nuint)(MaxMessages * perMessage));
        var headers = (mmsghdr*)memory;
        var vectors = (iovec*)(headers + MaxMessages);
        var addresses = (byte*)(vectors + MaxMessages);
        var messages = addresses + (MaxMessages * AddressBytes);
        for (var i = 0; i < MaxMessages; i++)
        {
            vectors[i].iov_base = messages + (i * MessageBytes);
            headers[i].msg_hdr.msg_iov = vectors + i;
            headers[i].msg_hdr.msg_iovlen = 1;
            headers[i].msg_hdr.msg_name = addresses + (i * AddressBytes);
        }
        var fd = (int)_socket.Handle;
        while (!_stopping)
        {
            for (var i = 0; i < MaxMessages; i++)
            {
                vectors[i].iov_len = MessageBytes;
                headers[i].msg_hdr.msg_namelen = AddressBytes;
            }
            var count = Libc.recvmmsg(fd, headers, MaxMessages, MSG_WAITFORONE, null);
            for (var i = 0; i < count; i++)
                vectors[i].iov_len = headers[i].msg_len;
            for (var sent = 0; sent < count;)
            {
                // A flow that has closed its socket costs its datagram.
                sent += Math.Max(1, Libc.sendmmsg(fd, headers + sent, (uint)(count - sent), 0));
            }
        }
        NativeMemory.Free(memory);
    }
}
