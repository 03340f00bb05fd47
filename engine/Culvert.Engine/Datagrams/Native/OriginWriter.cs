using System.Runtime.InteropServices;
using Culvert.Transports.Native;
using static Culvert.Transports.Native.LibcNumbers;

namespace Culvert.Engine.Datagrams.Native;

/// <summary>
/// Sends runs of datagrams to one socket at a time with as few system calls as can be: neighbours of one size leave as one
/// message that the kernel cuts (UDP_SEGMENT), and all messages of a run leave together (sendmmsg). One thread's.
/// </summary>
internal unsafe class OriginWriter : IDisposable
{
    /// <summary>Most datagrams of one run.</summary>
    public const int MaxRun = 256;

    private const int MaxSegments = 64;
    private const int MaxMessageBytes = 65_000;
    private const int ControlBytes = 24;

    private byte* _memory;
    private readonly mmsghdr* _headers;
    private readonly byte* _controls;
    private readonly int[] _firsts = new int[MaxRun];
    private bool _canSegment = true;

    public OriginWriter()
    {
        _memory = (byte*)NativeMemory.AllocZeroed((nuint)(MaxRun * (sizeof(iovec) + sizeof(mmsghdr) + ControlBytes)));
        Run = (iovec*)_memory;
        _headers = (mmsghdr*)(Run + MaxRun);
        _controls = (byte*)(_headers + MaxRun);
    }

    /// <summary>Where the caller puts a run before <see cref="Send"/>.</summary>
    public iovec* Run { get; }

    /// <summary>Calls into the kernel so far.</summary>
    public long Calls { get; private set; }

    /// <summary>Sends the run from a place on.</summary>
    /// <param name="fd">A connected, non-blocking socket.</param>
    /// <param name="from">Index in <see cref="Run"/>.</param>
    /// <param name="count">Datagrams of the run in all.</param>
    /// <param name="sent">How many went to the kernel before the error.</param>
    /// <returns>0 when all did, else the errno.</returns>
    public int Send(int fd, int from, int count, out int sent)
    {
        sent = 0;
        var segments = _canSegment;
        while (sent < count - from)
        {
            var messages = Group(from + sent, count, segments);
            var result = Transmit(fd, messages);
            if (result >= 0)
            {
                sent = (result < messages ? _firsts[result] : count) - from;
                continue;
            }
            if (result == -EINTR)
                continue;
            if (segments && _headers[0].msg_hdr.msg_iovlen > 1 && CannotSegment(-result))
            {
                // Too long for this route, or the system has no such thing: then it is not asked again.
                segments = false;
                _canSegment = -result is EMSGSIZE or EINVAL;
                continue;
            }
            return -result;
        }
        return 0;
    }

    public void Dispose()
    {
        NativeMemory.Free(_memory);
        _memory = null;
        GC.SuppressFinalize(this);
    }

    /// <summary>Sends the first messages.</summary>
    /// <returns>How many, at least one, or the negative errno of the first.</returns>
    protected virtual int Transmit(int fd, int messages)
    {
        Calls++;
        var header = &_headers[0].msg_hdr;
        var result = messages == 1 && header->msg_iovlen == 1
            ? (int)Libc.send(fd, header->msg_iov->iov_base, header->msg_iov->iov_len, MSG_DONTWAIT | MSG_NOSIGNAL)
            : Libc.sendmmsg(fd, _headers, (uint)messages, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (result < 0)
            return -Marshal.GetLastPInvokeError();
        return messages == 1 ? 1 : result;
    }

    private int Group(int at, int count, bool segments)
    {
        var messages = 0;
        while (at < count)
        {
            var size = Run[at].iov_len;
            var length = 1;
            var bytes = size;
            // All but the last of a message have the same size.
            while (segments && size > 0 && at + length < count && length < MaxSegments)
            {
                var next = Run[at + length].iov_len;
                if (next == 0 || next > size || bytes + next > MaxMessageBytes)
                    break;
                bytes += next;
                length++;
                if (next < size)
                    break;
            }
            _firsts[messages] = at;
            ref var header = ref _headers[messages].msg_hdr;
            header.msg_iov = Run + at;
            header.msg_iovlen = (nuint)length;
            header.msg_control = null;
            header.msg_controllen = 0;
            if (length > 1)
                Segment(ref header, _controls + (messages * ControlBytes), (ushort)size);
            messages++;
            at += length;
        }
        return messages;
    }

    private static bool CannotSegment(int error) => error is EIO or EINVAL or EMSGSIZE or EOPNOTSUPP or ENOPROTOOPT;

    private static void Segment(ref msghdr header, byte* control, ushort size)
    {
        var record = (cmsghdr*)control;
        record->cmsg_len = (nuint)(sizeof(cmsghdr) + sizeof(ushort));
        record->cmsg_level = SOL_UDP;
        record->cmsg_type = UDP_SEGMENT;
        *(ushort*)(record + 1) = size;
        header.msg_control = control;
        header.msg_controllen = ControlBytes;
    }
}
