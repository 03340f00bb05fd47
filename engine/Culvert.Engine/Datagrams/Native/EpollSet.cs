using System.Net.Sockets;
using System.Runtime.InteropServices;
using Culvert.Transports.Native;
using Microsoft.Win32.SafeHandles;
using static Culvert.Transports.Native.LibcNumbers;

namespace Culvert.Engine.Datagrams.Native;

/// <summary>
/// Sockets that one thread looks after, each under a number, with a clock, and a way for other threads to be noticed. Everything
/// but
/// <see cref="Wake"/> is the owner's.
/// </summary>
internal sealed unsafe class EpollSet : IDisposable
{
    private const int Capacity = 256;
    private const ulong WakeKey = ulong.MaxValue;
    private const ulong ClockKey = ulong.MaxValue - 1;

    // The kernel packs struct epoll_event on x86-64 alone.
    private static readonly int Stride = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int DataOffset = Stride - sizeof(ulong);

    private readonly byte[] _events = GC.AllocateArray<byte>(Capacity * 16, pinned: true);
    private readonly byte* _start;
    private readonly int _epoll;
    private readonly int _clock;
    private long _clockAt;

    // Counts who uses it: a connection's thread can still be on its way to wake us when we are disposed of.
    private readonly SafeFileHandle _wake;

    public EpollSet()
    {
        _start = (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_events, 0);
        _epoll = Check(Libc.epoll_create1(EPOLL_CLOEXEC));
        _wake = new SafeFileHandle(Check(Libc.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), ownsHandle: true);
        Check(Control(EPOLL_CTL_ADD, (int)_wake.DangerousGetHandle(), EPOLLIN, WakeKey));
        _clock = Check(Libc.timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
        Check(Control(EPOLL_CTL_ADD, _clock, EPOLLIN, ClockKey));
    }

    /// <summary>Readable while there are events.</summary>
    public int Descriptor => _epoll;

    public bool TryAdd(int fd, int key) => Control(EPOLL_CTL_ADD, fd, EPOLLIN, (ulong)key) == 0;

    public void Remove(int fd) => _ = Control(EPOLL_CTL_DEL, fd, 0, 0);

    public void WatchWrites(int fd, int key, bool watch) =>
        _ = Control(EPOLL_CTL_MOD, fd, watch ? EPOLLIN | EPOLLOUT : EPOLLIN, (ulong)key);

    /// <summary>From any thread, also after the end, when it does nothing.</summary>
    public void Wake()
    {
        var held = false;
        try
        {
            _wake.DangerousAddRef(ref held);
            ulong one = 1;
            _ = Libc.write((int)_wake.DangerousGetHandle(), &one, sizeof(ulong));
        }
        catch (ObjectDisposedException)
        {
            // Nobody waits any more.
        }
        finally
        {
            if (held)
                _wake.DangerousRelease();
        }
    }

    /// <summary>Makes an event after so many milliseconds, unless one is set for before then.</summary>
    public void SetClock(long now, int delay)
    {
        delay = Math.Max(delay, 1);
        if (_clockAt > now && _clockAt <= now + delay)
            return;
        _clockAt = now + delay;
        var times = stackalloc long[] { 0, 0, delay / 1000, delay % 1000 * 1_000_000L };
        _ = Libc.timerfd_settime(_clock, 0, times, null);
    }

    /// <summary>Waits; -1 for without limit, 0 to take what there is.</summary>
    /// <returns>How many events <see cref="Event"/> has; at most 256.</returns>
    public int Wait(int milliseconds) => Math.Max(Libc.epoll_wait(_epoll, _start, Capacity, milliseconds), 0);

    /// <summary>The key of an event, or -1 when it is the wake-up or the clock.</summary>
    public int Event(int index, out bool isReadable, out bool isWritable)
    {
        var at = _start + (index * Stride);
        var flags = *(uint*)at;
        var key = *(ulong*)(at + DataOffset);
        isWritable = (flags & EPOLLOUT) != 0;
        // An error has no flag of its own here: reading tells it.
        isReadable = (flags & ~EPOLLOUT) != 0;
        if (key < ClockKey)
            return (int)key;
        ulong count;
        _ = Libc.read(key == WakeKey ? (int)_wake.DangerousGetHandle() : _clock, &count, sizeof(ulong));
        if (key == ClockKey)
            _clockAt = 0;
        return -1;
    }

    public void Dispose()
    {
        _ = Libc.close(_epoll);
        _ = Libc.close(_clock);
        _wake.Dispose();
    }

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
