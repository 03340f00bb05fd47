using System.Runtime.InteropServices;
using Culvert.Transports.Quic.Native;

namespace Culvert.Transports.Quic.Loop;

/// <summary>
/// Gathers packets of equal length to one peer into runs, each one send call. Packets are written back to back into one
/// buffer; a run ends at a shorter packet, a longer one, another path or ECN mark, or the kernel's limits.
/// </summary>
internal sealed unsafe class PacketWriter : IDisposable
{
    private const int Capacity = 128 * 1024;

    private readonly UdpSocket _socket;
    private readonly List<PacketRun> _held = new(4);
    private byte* _buffer = (byte*)NativeMemory.AlignedAlloc(Capacity, 64);
    private int _offset;
    private int _segments;
    private PacketRun _run;

    public PacketWriter(UdpSocket socket) => _socket = socket;

    /// <summary>The kernel takes no more for now; what it refused is held until <see cref="Resume"/>.</summary>
    public bool IsBlocked => _held.Count > 0;

    /// <summary>Room for the next packet. Not to be asked for while blocked.</summary>
    public byte* Reserve(int length)
    {
        // Only here: a packet that ends a run by not fitting lies behind it, and is still to be sent when the run is.
        if (_run.Length == 0 && !IsBlocked)
            _offset = 0;
        if (_offset + length > Capacity)
        {
            Flush();
            _offset = IsBlocked ? throw new InvalidOperationException("No room for a packet while blocked.") : 0;
        }
        return _buffer + _offset;
    }

    /// <summary>Adds the packet just written at the reserved place. False when the kernel takes no more.</summary>
    public bool Commit(int length, ngtcp2_path* path, byte ecn)
    {
        if (_run.Length > 0 && !Fits(length, path, ecn))
            Flush();
        if (_run.Length == 0)
            Start(length, path, ecn);
        _run.Length += length;
        _offset += length;
        _segments++;
        if (length < _run.SegmentSize)
            Flush();
        return !IsBlocked;
    }

    /// <summary>Sends the run under construction.</summary>
    public void Flush()
    {
        if (_run.Length > 0 && (IsBlocked || _socket.Send(ref _run) == SendOutcome.Blocked))
            _held.Add(_run);
        _run.Length = 0;
        _segments = 0;
    }

    /// <summary>Tries again what was held.</summary>
    public void Resume()
    {
        var held = CollectionsMarshal.AsSpan(_held);
        var sent = 0;
        while (sent < held.Length && _socket.Send(ref held[sent]) == SendOutcome.Sent)
            sent++;
        _held.RemoveRange(0, sent);
    }

    /// <summary>Sends one packet of no connection, or drops it when the kernel takes no more.</summary>
    public void SendAlone(byte* data, int length, in UdpAddress remote, in UdpAddress local)
    {
        if (IsBlocked)
            return;
        var run = new PacketRun { Data = data, Length = length, SegmentSize = length, Remote = remote, Local = local };
        _socket.Send(ref run);
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_buffer);
        _buffer = null;
    }

    private bool Fits(int length, ngtcp2_path* path, byte ecn) =>
        length <= _run.SegmentSize && ecn == _run.Ecn && _segments < UdpSocket.MaxSegments
        && _run.Length + length <= UdpSocket.MaxRunBytes
        && _run.Remote.Matches(path->remote.addr, path->remote.addrlen);

    private void Start(int length, ngtcp2_path* path, byte ecn)
    {
        _run.Data = _buffer + _offset;
        _run.SegmentSize = length;
        _run.Ecn = ecn;
        _run.Remote = UdpAddress.From(path->remote.addr, path->remote.addrlen);
        _run.Local = UdpAddress.From(path->local.addr, path->local.addrlen);
    }
}
