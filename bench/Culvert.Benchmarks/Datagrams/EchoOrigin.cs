using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Culvert.Transports.Native;
using static Culvert.Transports.Native.LibcNumbers;

namespace Culvert.Benchmarks.Datagrams;

/// <summary>
/// Sends every datagram back, on a thread of its own: what waits is read by one call and answered by one, so that it is the
/// connector that is measured, and not how slowly an origin feeds it. With <c>BENCH_OFFLOAD=1</c> runs from one flow come and go
/// as one message (UDP_GRO, UDP_SEGMENT), as with WireGuard and with servers of QUIC.
/// </summary>
internal sealed unsafe class EchoOrigin : IDisposable
{
    private const int MaxMessages = 64;
    private const int MessageBytes = 65_536;
    private const int AddressBytes = 16;
    private const int ControlBytes = 32;
    private const int MSG_WAITFORONE = 0x10000;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Thread _thread;
    private volatile bool _stopping;

    public EchoOrigin()
    {
        _socket.ReceiveBufferSize = 4 * 1024 * 1024;
        if (Environment.GetEnvironmentVariable("BENCH_OFFLOAD") == "1")
            _socket.SetRawSocketOption(SOL_UDP, UDP_GRO, BitConverter.GetBytes(1));
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
        var perMessage = MessageBytes + AddressBytes + ControlBytes + sizeof(iovec) + sizeof(mmsghdr);
        var memory = (byte*)NativeMemory.AllocZeroed((nuint)(MaxMessages * perMessage));
        var headers = (mmsghdr*)memory;
        var vectors = (iovec*)(headers + MaxMessages);
        var controls = (byte*)(vectors + MaxMessages);
        var addresses = controls + (MaxMessages * ControlBytes);
        var messages = addresses + (MaxMessages * AddressBytes);
        for (var i = 0; i < MaxMessages; i++)
        {
            vectors[i].iov_base = messages + (i * MessageBytes);
            headers[i].msg_hdr.msg_iov = vectors + i;
            headers[i].msg_hdr.msg_iovlen = 1;
            headers[i].msg_hdr.msg_name = addresses + (i * AddressBytes);
            headers[i].msg_hdr.msg_control = controls + (i * ControlBytes);
        }
        var fd = (int)_socket.Handle;
        while (!_stopping)
        {
            for (var i = 0; i < MaxMessages; i++)
            {
                vectors[i].iov_len = MessageBytes;
                headers[i].msg_hdr.msg_namelen = AddressBytes;
                headers[i].msg_hdr.msg_controllen = ControlBytes;
            }
            var count = Libc.recvmmsg(fd, headers, MaxMessages, MSG_WAITFORONE, null);
            for (var i = 0; i < count; i++)
            {
                vectors[i].iov_len = headers[i].msg_len;
                Answer(ref headers[i].msg_hdr);
            }
            for (var sent = 0; sent < count;)
            {
                // A flow that has closed its socket costs its datagram.
                sent += Math.Max(1, Libc.sendmmsg(fd, headers + sent, (uint)(count - sent), 0));
            }
        }
        NativeMemory.Free(memory);
    }

    // What came as one message of many datagrams goes back as one.
    private static void Answer(ref msghdr header)
    {
        var record = (cmsghdr*)header.msg_control;
        if (header.msg_controllen < (nuint)sizeof(cmsghdr) || record->cmsg_type != UDP_GRO)
        {
            header.msg_controllen = 0;
            return;
        }
        var size = *(int*)(record + 1);
        record->cmsg_type = UDP_SEGMENT;
        record->cmsg_len = (nuint)(sizeof(cmsghdr) + sizeof(ushort));
        *(ushort*)(record + 1) = (ushort)size;
        header.msg_controllen = 24;
    }
}
