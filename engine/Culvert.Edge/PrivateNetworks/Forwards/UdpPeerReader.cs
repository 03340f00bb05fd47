using System.Runtime.InteropServices;
using Culvert.Transports.Native;
using static Culvert.Transports.Native.LibcNumbers;

namespace Culvert.Edge.PrivateNetworks.Forwards;

/// <summary>
/// Reads datagrams and who sent them, many with one system call (recvmmsg), into memory of its own. One thread's.
/// </summary>
internal sealed unsafe class UdpPeerReader : IDisposable
{
    /// <summary>Datagrams one call may bring.</summary>
    public const int MaxMessages = 32;

    // Longer than any payload that fits, so that what is too long is seen to be.
    private const int BufferBytes = 2048;
    private const int NameSpace = (UdpPeerSocket.NameBytes + 7) & ~7;

    private readonly bool _isV6;
    private readonly mmsghdr* _headers;

    public UdpPeerReader(bool isV6)
    {
        _isV6 = isV6;
        var bytes = MaxMessages * (sizeof(mmsghdr) + sizeof(iovec) + NameSpace + UdpPeerSocket.ControlBytes + BufferBytes);
        _headers = (mmsghdr*)NativeMemory.AllocZeroed((nuint)bytes);
        var vectors = (iovec*)(_headers + MaxMessages);
        var names = (byte*)(vectors + MaxMessages);
        var controls = names + (MaxMessages * NameSpace);
        var buffers = controls + (MaxMessages * UdpPeerSocket.ControlBytes);
        for (var i = 0; i < MaxMessages; i++)
        {
            vectors[i] = new iovec { iov_base = buffers + (i * BufferBytes), iov_len = BufferBytes };
            _headers[i].msg_hdr.msg_iov = vectors + i;
            _headers[i].msg_hdr.msg_iovlen = 1;
            _headers[i].msg_hdr.msg_name = names + (i * NameSpace);
            _headers[i].msg_hdr.msg_control = controls + (i * UdpPeerSocket.ControlBytes);
        }
    }

    /// <summary>Reads what waits, up to <see cref="MaxMessages"/>.</summary>
    /// <returns>How many; 0 when nothing waits.</returns>
    public int Read(int fd)
    {
        for (var i = 0; i < MaxMessages; i++)
        {
            _headers[i].msg_hdr.msg_namelen = UdpPeerSocket.NameBytes;
            _headers[i].msg_hdr.msg_controllen = UdpPeerSocket.ControlBytes;
        }

        return Math.Max(Libc.recvmmsg(fd, _headers, MaxMessages, MSG_DONTWAIT, null), 0);
    }

    /// <summary>Who sent one of those that were read last.</summary>
    public UdpPeer Peer(int index) => UdpPeerSocket.Read(_headers[index].msg_hdr, _isV6);

    /// <summary>Its payload, until the next read.</summary>
    public ReadOnlySpan<byte> Payload(int index) =>
        new(_headers[index].msg_hdr.msg_iov->iov_base, (int)_headers[index].msg_len);

    public void Dispose() => NativeMemory.Free(_headers);
}
