using System.Runtime.InteropServices;
using Culvert.Transports.Native;
using Culvert.Transports.Quic.Native;
using static Culvert.Transports.Native.LibcNumbers;

namespace Culvert.Transports.Quic.Loop;

internal sealed unsafe partial class LinuxUdpSocket
{
    private const int ReceiveBatch = 32;
    private const int MessageBytes = 65_536;
    private const int ControlBytes = 128;

    private byte* _receiveMemory;
    private mmsghdr* _headers;

    public override int Receive()
    {
        for (var i = 0; i < ReceiveBatch; i++)
        {
            ref var header = ref _headers[i].msg_hdr;
            header.msg_namelen = UdpAddress.Capacity;
            header.msg_controllen = ControlBytes;
        }
        ReceiveCalls++;
        var count = Libc.recvmmsg(_fd, _headers, ReceiveBatch, MSG_DONTWAIT, null);
        for (var i = 0; i < count; i++)
            Describe(ref Received[i], ref _headers[i]);
        // A negative count is EAGAIN, or an ICMP error of an earlier send that reading has just cleared: nothing to read.
        return Math.Max(count, 0);
    }

    private void Describe(ref ReceivedMessage message, ref mmsghdr header)
    {
        message.Data = (byte*)header.msg_hdr.msg_iov->iov_base;
        message.Length = (int)header.msg_len;
        message.SegmentSize = message.Length;
        message.Ecn = 0;
        message.Remote = UdpAddress.From(header.msg_hdr.msg_name, header.msg_hdr.msg_namelen);
        message.Local = LocalAddress;
        var left = (nint)header.msg_hdr.msg_controllen;
        var at = (byte*)header.msg_hdr.msg_control;
        while (left >= sizeof(cmsghdr))
        {
            var control = (cmsghdr*)at;
            if (control->cmsg_len < (nuint)sizeof(cmsghdr) || (nint)control->cmsg_len > left)
                break;
            ReadControl(ref message, control->cmsg_level, control->cmsg_type, at + sizeof(cmsghdr));
            var step = ((nint)control->cmsg_len + 7) & ~7;
            at += step;
            left -= step;
        }
    }

    private static void ReadControl(ref ReceivedMessage message, int level, int type, byte* value)
    {
        switch (level, type)
        {
            case (SOL_UDP, UDP_GRO):
                var size = *(int*)value;
                if (size > 0)
                    message.SegmentSize = size;
                break;
            case (IPPROTO_IP, IP_TOS) or (IPPROTO_IPV6, IPV6_TCLASS):
                message.Ecn = (byte)(*value & 3);
                break;
            case (IPPROTO_IP, IP_PKTINFO):
                // struct in_pktinfo: interface, local address, header's destination.
                message.Local.Bytes[4] = value[8];
                message.Local.Bytes[5] = value[9];
                message.Local.Bytes[6] = value[10];
                message.Local.Bytes[7] = value[11];
                break;
            case (IPPROTO_IPV6, IPV6_PKTINFO):
                fixed (byte* local = message.Local.Bytes)
                    Buffer.MemoryCopy(value, local + 8, 16, 16);
                break;
        }
    }

    private void AllocateReceiveBatch()
    {
        // One block for everything; pages that no packet has touched cost no memory.
        var perMessage = MessageBytes + ControlBytes + sizeof(iovec) + sizeof(mmsghdr) + 32;
        var size = (nuint)(perMessage * ReceiveBatch);
        _receiveMemory = (byte*)NativeMemory.AlignedAlloc(size, 64);
        var at = _receiveMemory + (MessageBytes * ReceiveBatch);
        _headers = (mmsghdr*)at;
        NativeMemory.Clear(at, (nuint)((perMessage - MessageBytes) * ReceiveBatch));
        var vectors = (iovec*)(at + (sizeof(mmsghdr) * ReceiveBatch));
        var names = (byte*)(vectors + ReceiveBatch);
        var controls = names + (32 * ReceiveBatch);
        for (var i = 0; i < ReceiveBatch; i++)
        {
            vectors[i] = new iovec { iov_base = _receiveMemory + (i * MessageBytes), iov_len = MessageBytes };
            _headers[i].msg_hdr = new msghdr
            {
                msg_name = names + (32 * i),
                msg_iov = vectors + i,
                msg_iovlen = 1,
                msg_control = controls + (ControlBytes * i),
            };
        }
    }

    private void FreeReceiveBatch()
    {
        NativeMemory.AlignedFree(_receiveMemory);
        _receiveMemory = null;
    }
}
