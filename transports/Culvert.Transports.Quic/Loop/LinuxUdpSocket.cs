using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Culvert.Transports.Native;
using Culvert.Transports.Quic.Native;
using static Culvert.Transports.Native.LibcNumbers;

namespace Culvert.Transports.Quic.Loop;

/// <summary>Linux: recvmmsg with UDP_GRO, sendmsg with UDP_SEGMENT, ppoll on the socket and an eventfd.</summary>
internal sealed unsafe partial class LinuxUdpSocket : UdpSocket
{
    private readonly int _fd;
    private readonly int _eventFd;
    private readonly bool _connected;
    private readonly bool _wildcard;
    private readonly bool _v6;
    private readonly Lock _wakeGate = new();
    private bool _segmentation;
    private bool _closed;
    private int _watched = -1;

    public LinuxUdpSocket(UdpSocketOptions options)
    {
        _v6 = options.Local.AddressFamily == AddressFamily.InterNetworkV6;
        _segmentation = options.SegmentationOffload;
        _wildcard = options.Local.Address.Equals(IPAddress.Any) || options.Local.Address.Equals(IPAddress.IPv6Any);
        _fd = Check(Libc.socket(_v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
        try
        {
            _eventFd = Check(Libc.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd");
            Configure(options);
            var address = UdpAddress.From(options.Local);
            Check(Libc.bind(_fd, address.Bytes, address.Length), "bind");
            if (options.ReusePortCount > 1)
                SteerByConnectionId(options.ReusePortCount);
            if (options.Remote is { } remote)
            {
                address = UdpAddress.From(remote, mapToV6: _v6);
                Check(Libc.connect(_fd, address.Bytes, address.Length), "connect");
                _connected = true;
            }
            var length = (uint)UdpAddress.Capacity;
            Check(Libc.getsockname(_fd, address.Bytes, &length), "getsockname");
            address.Length = length;
            LocalAddress = address;
            int receiveBuffer;
            length = sizeof(int);
            Check(Libc.getsockopt(_fd, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, &length), "getsockopt");
            ReceiveBuffer = receiveBuffer;
        }
        catch
        {
            Close();
            throw;
        }
        Received = new ReceivedMessage[ReceiveBatch];
        AllocateReceiveBatch();
    }

    public override void Wake()
    {
        ulong one = 1;
        // Under the lock, or a late producer could write into whatever file has taken the closed number.
        lock (_wakeGate)
        {
            if (_closed)
                return;
            _ = Libc.write(_eventFd, &one, sizeof(ulong));
            WakeCalls++;
        }
    }

    public override bool CanWatch => true;

    public override void Watch(int descriptor)
    {
        _watched = descriptor;
        IsWatchedReady = false;
    }

    public override bool Wait(ulong timeout, bool forWriting)
    {
        var fds = stackalloc pollfd[3];
        fds[0] = new pollfd { fd = _fd, events = forWriting ? (short)(POLLIN | POLLOUT) : POLLIN };
        fds[1] = new pollfd { fd = _eventFd, events = POLLIN };
        // A negative number is skipped.
        fds[2] = new pollfd { fd = _watched, events = POLLIN };
        IsWatchedReady = false;
        var span = new timespec { tv_sec = (long)(timeout / LoopClock.Second), tv_nsec = (long)(timeout % LoopClock.Second) };
        if (Libc.ppoll(fds, 3, timeout == LoopClock.Never ? null : &span, null) <= 0)
            return false;
        ulong count;
        if (fds[1].revents != 0)
            _ = Libc.read(_eventFd, &count, sizeof(ulong));
        IsWatchedReady = fds[2].revents != 0;
        return (fds[0].revents & ~POLLOUT) != 0;
    }

    protected override void Dispose(bool disposing)
    {
        Close();
        FreeReceiveBatch();
    }

    private void Configure(UdpSocketOptions options)
    {
        if (options.KernelBufferBytes > 0)
        {
            Try(SOL_SOCKET, SO_RCVBUF, options.KernelBufferBytes);
            Try(SOL_SOCKET, SO_SNDBUF, options.KernelBufferBytes);
        }
        if (options.ReusePortCount > 1)
            Try(SOL_SOCKET, SO_REUSEPORT, 1);
        Try(SOL_UDP, UDP_GRO, 1);
        Try(IPPROTO_IP, IP_RECVTOS, 1);
        // Probe mode sets don't-fragment and leaves the size to us, as path MTU discovery needs.
        Try(IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
        if (_v6)
        {
            Try(IPPROTO_IPV6, IPV6_V6ONLY, 0);
            Try(IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
            Try(IPPROTO_IPV6, IPV6_MTU_DISCOVER, IP_PMTUDISC_PROBE);
        }
        if (_wildcard && options.Remote is null)
            Try(_v6 ? IPPROTO_IPV6 : IPPROTO_IP, _v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, 1);
    }

    /// <summary>
    /// Has the kernel choose among the loops on one port by a byte of the destination connection id, which the
    /// loops put there: a connection stays on its loop even when the peer's address changes.
    /// </summary>
    private void SteerByConnectionId(int count)
    {
        const ushort loadByte = 0x30, jumpIfBits = 0x45, moduloConstant = 0x94, returnAccumulator = 0x16;
        var program = stackalloc sock_filter[]
        {
            new sock_filter { code = loadByte, k = 0 },
            new sock_filter { code = jumpIfBits, k = 0x80, jt = 0, jf = 2 },
            new sock_filter { code = loadByte, k = 6 },
            new sock_filter { code = 0x05, k = 1 },
            new sock_filter { code = loadByte, k = 1 },
            new sock_filter { code = moduloConstant, k = (uint)count },
            new sock_filter { code = returnAccumulator },
        };
        var filter = new sock_fprog { len = 7, filter = program };
        _ = Libc.setsockopt(_fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &filter, (uint)sizeof(sock_fprog));
    }

    // An option the kernel lacks costs speed or a feature, never correctness, so a refusal is not an error.
    private void Try(int level, int name, int value) => _ = Libc.setsockopt(_fd, level, name, &value, sizeof(int));

    private void Close()
    {
        lock (_wakeGate)
        {
            if (_closed)
                return;
            _closed = true;
            _ = Libc.close(_fd);
            if (_eventFd > 0)
                _ = Libc.close(_eventFd);
        }
    }

    private static int Check(int result, string call)
    {
        if (result >= 0)
            return result;
        var error = Marshal.GetLastPInvokeError();
        throw new SocketException(SocketErrors.FromErrno(error), $"{call}: {Marshal.GetPInvokeErrorMessage(error)}");
    }
}
