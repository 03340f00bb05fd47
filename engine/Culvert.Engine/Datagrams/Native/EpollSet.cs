using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static Culvert.Engine.Datagrams.Native.LibcNumbers;

namespace Culvert.Engine.Datagrams.Native;

/// <summary>
/// Sockets that one thread waits for, each under a number, and a way for other threads to wake it. Everything but
/// <see cref="Wake"/> is the owner's.
/// </summary>
internal sealed unsafe class EpollSet : IDisposable
{
    private const int Capacity = 256;
    private const ulong WakeKey = ulong.MaxValue;

    // The kernel packs struct epoll_event on x86-64 alone.
    private static readonly int Stride = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int DataOffset = Stride - sizeof(ulong);

    private readonly byte[] _events = GC.AllocateArray<byte>(Capacity * 16, pinned: true);
    private readonly byte* _start;
    private readonly int _epoll;

    // Closed by its finalizer: until then a connection's thread can still be on its way to wake us.
    private readonly SafeFileHandle _wake;

    public EpollSet()
    {
        _start = (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_events, 0);
        _epoll = Check(Libc.epoll_create1(EPOLL_CLOEXEC));
        _wake = new SafeFileHandle(Check(Libc.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), ownsHandle: true);
        Check(Control(EPOLL_CTL_ADD, (int)_wake.DangerousGetHandle(), EPOLLIN, WakeKey));
    }

    public bool TryAdd(int fd, int key) => Control(EPOLL_CTL_ADD, fd, EPOLLIN, (ulong)key) == 0;

    public void WatchWrites(int fd, int key, bool watch) =>
        _ = Control(EPOLL_CTL_MOD, fd, watch ? EPOLLIN | EPOLLOUT : EPOLLIN, (ulong)key);

    /// <summary>From any thread.</summary>
    public void Wake()
    {
        ulong one = 1;
        _ = Libc.write((int)_wake.DangerousGetHandle(), &one, sizeof(ulong));
    }

    /// <summary>Waits; -1 for without limit.</summary>
    /// <returns>How many events <see cref="Event"/> has; at most 256.</returns>
    public int Wait(int milliseconds) => Math.Max(Libc.epoll_wait(_epoll, _start, Capacity, milliseconds), 0);

    /// <summary>The key of an event, or -1 when it is the wake-up.</summary>
    public int Event(int index, out bool isReadable, out bool isWritable)
    {
        var at = _start + (index * Stride);
        var flags = *(uint*)at;
        var key = *(ulong*)(at + DataOffset);
        isWritable = (flags & EPOLLOUT) != 0;
        // An error has no flag of its own here: reading tells it.
        isReadable = (flags & ~EPOLLOUT) != 0;
        if (key != WakeKey)
            return (int)key;
        ulong count;
        _ = Libc.read((int)_wake.DangerousGetHandle(), &count, sizeof(ulong));
        return -1;
    }

    public void Dispose() => _ = Libc.close(_epoll);

    private int Control(int operation, int fd, uint flags, ulong key)
    {
        var record = stackalloc byte[16];
        *(uint*)record = flags;
        *(ulong*)(record + DataOffset) = key;
        return Libc.epoll_ctl(_epoll, operation, fd, record);
    }

    private static int Check(int result) =>
        result >= 0 ? result : throw new SocketException(Marshal.GetLastPInvokeError(), "epoll: the system gives no descriptor");
}
