using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Culvert.Benchmarks.Load.Sockets;

/// <summary>
/// The kernel's readiness queue, used directly: load generator and origin share two cores with what they measure, and this costs
/// a third of asynchronous sockets.
/// </summary>
internal sealed unsafe partial class Epoll : IDisposable
{
    private const int AddDescriptor = 1, ChangeDescriptor = 3;
    private const uint In = 0x1, Out = 0x4;
    private const int Batch = 256;

    // epoll_event is packed on x86-64 and nowhere else.
    private static readonly int EventSize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private readonly byte[] _events = new byte[Batch * EventSize];
    private readonly int _descriptor = Check(epoll_create1(0));
    private readonly List<SocketPeer?> _peers = [];
    private readonly Stack<int> _free = new();

    /// <summary>Memory that each peer may use while it is called.</summary>
    public byte[] Scratch { get; } = GC.AllocateUninitializedArray<byte>(256 * 1024, pinned: true);

    public void Add(SocketPeer peer, bool writing)
    {
        if (!_free.TryPop(out var slot))
        {
            slot = _peers.Count;
            _peers.Add(null);
        }

        _peers[slot] = peer;
        peer.Slot = slot;
        Control(AddDescriptor, peer, writing);
    }

    public void Change(SocketPeer peer, bool writing) => Control(ChangeDescriptor, peer, writing);

    /// <summary>Closes the peer's socket, which takes it out of the queue.</summary>
    public void Close(SocketPeer peer)
    {
        if (peer.Slot < 0)
        {
            return;
        }

        _peers[peer.Slot] = null;
        _free.Push(peer.Slot);
        peer.Slot = -1;
        peer.Socket.Dispose();
    }

    /// <summary>Calls every peer that is ready; waits for the first one for at most so many milliseconds.</summary>
    public void RunOnce(int milliseconds)
    {
        int count;
        fixed (byte* events = _events)
        {
            count = epoll_wait(_descriptor, events, Batch, milliseconds);
        }

        for (var i = 0; i < count; i++)
        {
            var ready = _events.AsSpan(i * EventSize, EventSize);
            var flags = BinaryPrimitives.ReadUInt32LittleEndian(ready);
            var slot = BinaryPrimitives.ReadInt32LittleEndian(ready[(EventSize - 8)..]);

            // A peer that was called earlier in this batch may have closed this one.
            if ((flags & ~Out) != 0 && _peers[slot] is { } reader)
            {
                reader.OnReadable();
            }

            if ((flags & Out) != 0 && _peers[slot] is { } writer)
            {
                writer.OnWritable();
            }
        }
    }

    public void Dispose()
    {
        foreach (var peer in _peers.ToArray())
        {
            if (peer is not null)
            {
                Close(peer);
            }
        }

        _ = close(_descriptor);
    }

    private void Control(int operation, SocketPeer peer, bool writing)
    {
        Span<byte> description = stackalloc byte[EventSize];
        description.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(description, writing ? In | Out : In);
        BinaryPrimitives.WriteInt32LittleEndian(description[(EventSize - 8)..], peer.Slot);
        fixed (byte* pointer = description)
        {
            Check(epoll_ctl(_descriptor, operation, (int)peer.Socket.Handle, pointer));
        }
    }

    private static int Check(int result) => result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError());

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(int descriptor, int operation, int target, byte* description);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_wait(int descriptor, byte* events, int capacity, int milliseconds);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
