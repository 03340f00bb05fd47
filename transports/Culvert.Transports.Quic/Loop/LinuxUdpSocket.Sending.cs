using System.Runtime.InteropServices;
using Culvert.Transports.Native;
using Culvert.Transports.Quic.Native;
using static Culvert.Transports.Native.LibcNumbers;

namespace Culvert.Transports.Quic.Loop;

internal sealed unsafe partial class LinuxUdpSocket
{
    private const int SendControlBytes = 128;

    public override SendOutcome Send(ref PacketRun run)
    {
        var control = stackalloc byte[SendControlBytes];
        var remote = run.Remote;
        var vector = new iovec { iov_base = run.Data, iov_len = (nuint)run.Length };
        var packets = (run.Length + run.SegmentSize - 1) / run.SegmentSize;
        if (packets > 1 && !_segmentation)
            return SendOneByOne(ref run);
        var message = Header(&remote, &vector, control, ref run, packets > 1);
        for (var attempt = 0; ; attempt++)
        {
            SendCalls++;
            if (Libc.sendmsg(_fd, &message, MSG_DONTWAIT) >= 0)
            {
                MessagesSent++;
                PacketsSent += packets;
                return SendOutcome.Sent;
            }
            switch (Marshal.GetLastPInvokeError())
            {
                case EAGAIN or ENOBUFS:
                    return SendOutcome.Blocked;
                case EIO or EINVAL or EOPNOTSUPP or ENOPROTOOPT when packets > 1:
                    // The interface cannot segment. It will not learn to, so the fallback stays for this socket's life.
                    _segmentation = false;
                    return SendOneByOne(ref run);
                case EINTR or ECONNREFUSED when attempt == 0:
                    continue;
                default:
                    // EMSGSIZE is a path MTU probe that did not fit; the rest is loss as far as QUIC is concerned.
                    return SendOutcome.Sent;
            }
        }
    }

    private SendOutcome SendOneByOne(ref PacketRun run)
    {
        var control = stackalloc byte[SendControlBytes];
        var headers = stackalloc mmsghdr[MaxSegments];
        var vectors = stackalloc iovec[MaxSegments];
        var remote = run.Remote;
        while (run.Length > 0)
        {
            var count = 0;
            for (var at = 0; at < run.Length && count < MaxSegments; at += run.SegmentSize, count++)
            {
                vectors[count].iov_base = run.Data + at;
                vectors[count].iov_len = (nuint)Math.Min(run.SegmentSize, run.Length - at);
                headers[count].msg_hdr = Header(&remote, vectors + count, control, ref run, segmented: false);
            }
            SendCalls++;
            var sent = Libc.sendmmsg(_fd, headers, (uint)count, MSG_DONTWAIT);
            if (sent < 0)
            {
                if (Marshal.GetLastPInvokeError() is EAGAIN or ENOBUFS)
                    return SendOutcome.Blocked;
                sent = 1;
            }
            MessagesSent += sent;
            PacketsSent += sent;
            var bytes = Math.Min(sent * run.SegmentSize, run.Length);
            run.Data += bytes;
            run.Length -= bytes;
        }
        return SendOutcome.Sent;
    }

    private msghdr Header(UdpAddress* remote, iovec* vector, byte* control, ref PacketRun run, bool segmented)
    {
        var used = 0;
        if (segmented)
        {
            var size = (ushort)run.SegmentSize;
            used = Append(control, used, SOL_UDP, UDP_SEGMENT, &size, sizeof(ushort));
        }
        if (run.Ecn != 0)
        {
            int ecn = run.Ecn;
            var mapped = _v6 && *(ulong*)(remote->Bytes + 8) == 0 && *(uint*)(remote->Bytes + 16) == 0xffff0000u;
            var v4 = !_v6 || mapped;
            used = Append(control, used, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_TOS : IPV6_TCLASS, &ecn, sizeof(int));
        }
        if (_wildcard && !_connected)
            used = AppendSource(control, used, ref run);
        return new msghdr
        {
            msg_name = _connected ? null : remote->Bytes,
            msg_namelen = _connected ? 0 : remote->Length,
            msg_iov = vector,
            msg_iovlen = 1,
            msg_control = used == 0 ? null : control,
            msg_controllen = (nuint)used,
        };
    }

    // A host with several addresses must answer from the one that was asked, or the peer drops the answer.
    private int AppendSource(byte* control, int used, ref PacketRun run)
    {
        var info = stackalloc byte[20];
        new Span<byte>(info, 20).Clear();
        fixed (byte* local = run.Local.Bytes)
        {
            if (_v6)
            {
                Buffer.MemoryCopy(local + 8, info, 16, 16);
                return Append(control, used, IPPROTO_IPV6, IPV6_PKTINFO, info, 20);
            }
            *(uint*)(info + 4) = *(uint*)(local + 4);
            return Append(control, used, IPPROTO_IP, IP_PKTINFO, info, 12);
        }
    }

    private static int Append(byte* control, int used, int level, int type, void* value, int length)
    {
        var header = (cmsghdr*)(control + used);
        header->cmsg_len = (nuint)(sizeof(cmsghdr) + length);
        header->cmsg_level = level;
        header->cmsg_type = type;
        Buffer.MemoryCopy(value, header + 1, length, length);
        return used + ((sizeof(cmsghdr) + length + 7) & ~7);
    }
}
