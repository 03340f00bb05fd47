using System.Runtime.InteropServices;
using Culvert.Transports.Native;
using static Culvert.Transports.Native.LibcNumbers;

namespace Culvert.Engine.Datagrams.Native;

/// <summary>
/// Reads what waits in a socket, many datagrams per system call, coalesced or not (recvmmsg, UDP_GRO). One thread's.
/// </summary>
internal sealed unsafe class OriginReader : IDisposable
{
    /// <summary>Messages one call may bring.</summary>
    public const int MaxMessages = 32;

    /// <summary>Bytes before each message that the caller may overwrite.</summary>
    public const int Headroom = 64;

    // The longest message there is, so that nothing is ever cut. Pages that no datagram has touched cost no memory.
    private const int MessageBytes = 65_536;
    private const int ControlBytes = 64;

    private readonly byte* _memory;
    private readonly mmsghdr* _headers;

    public OriginReader()
    {
        var perMessage = Headroom + MessageBytes + ControlBytes + sizeof(iovec) + sizeof(mmsghdr);
        _memory = (byte*)NativeMemory.Alloc((nuint)(perMessage * MaxMessages));
        var buffers = _memory + ((perMessage - Headroom - MessageBytes) * MaxMessages);
        NativeMemory.Clear(_memory, (nuint)(buffers - _memory));
        _headers = (mmsghdr*)_memory;
        var vectors = (iovec*)(_headers + MaxMessages);
        var controls = (byte*)(vectors + MaxMessages);
        for (var i = 0; i < MaxMessages; i++)
        {
            vectors[i] = new iovec { iov_base = buffers + (i * (Headroom + MessageBytes)) + Headroom, iov_len = MessageBytes };
            _headers[i].msg_hdr.msg_iov = vectors + i;
            _headers[i].msg_hdr.msg_iovlen = 1;
            _headers[i].msg_hdr.msg_control = controls + (i * ControlBytes);
        }
    }

    /// <summary>Reads up to so many messages.</summary>
    /// <returns>How many, or the negative errno.</returns>
    public int Read(int fd, int most)
    {
        for (var i = 0; i < most; i++)
            _headers[i].msg_hdr.msg_controllen = ControlBytes;
        var count = Libc.recvmmsg(fd, _headers, (uint)most, MSG_DONTWAIT, null);
        return count >= 0 ? count : -Marshal.GetLastPInvokeError();
    }

    /// <summary>A message that was read: its bytes, and the size of each datagram in it but the last.</summary>
    public byte* Message(int index, out int length, out int datagramSize)
    {
        ref var header = ref _headers[index].msg_hdr;
        length = (int)_headers[index].msg_len;
        datagramSize = length;
        var control = (cmsghdr*)header.msg_control;
        if (header.msg_controllen >= (nuint)(sizeof(cmsghdr) + sizeof(int))
            && control->cmsg_level == SOL_UDP && control->cmsg_type == UDP_GRO)
        {
            var size = *(int*)(control + 1);
            if (size > 0)
                datagramSize = size;
        }
        return (byte*)header.msg_iov->iov_base;
    }

    public void Dispose() => NativeMemory.Free(_memory);
}
