using Culvert.Transports.Quic.Native;

namespace Culvert.Transports.Quic.Loop;

/// <summary>One received message: one datagram, or several of the same peer that the kernel coalesced.</summary>
internal unsafe struct ReceivedMessage
{
    public byte* Data;
    public int Length;
    public int SegmentSize;
    public byte Ecn;
    public UdpAddress Remote;
    public UdpAddress Local;
}

/// <summary>Packets of equal length (the last may be shorter) to one peer, ready for one send call.</summary>
internal unsafe struct PacketRun
{
    public byte* Data;
    public int Length;
    public int SegmentSize;
    public byte Ecn;
    public UdpAddress Remote;
    public UdpAddress Local;
}

internal enum SendOutcome
{
    Sent,
    Blocked,
}

/// <summary>
/// The seam between the loop and the platform's UDP. Everything but <see cref="Wake"/> belongs to the loop's thread.
/// </summary>
internal abstract class UdpSocket : IDisposable
{
    /// <summary>Most packets of one run: the kernel's limit for UDP_SEGMENT.</summary>
    public const int MaxSegments = 64;

    /// <summary>Most bytes of one run: an IPv4 datagram's payload limit.</summary>
    public const int MaxRunBytes = 65_507;

    public UdpAddress LocalAddress { get; protected set; }

    /// <summary>Bytes of the kernel's receive buffer, its own overhead included.</summary>
    public int ReceiveBuffer { get; protected init; }

    public ReceivedMessage[] Received { get; protected init; } = [];

    public long SendCalls { get; protected set; }

    /// <summary>Trips through the kernel's network stack: a run that the kernel cuts into packets is one.</summary>
    public long MessagesSent { get; protected set; }

    public long PacketsSent { get; protected set; }

    public long ReceiveCalls { get; protected set; }

    public long PacketsReceived { get; set; }

    public long WakeCalls { get; protected set; }

    /// <summary>Whether <see cref="Watch"/> works here. Any thread.</summary>
    public virtual bool CanWatch => false;

    /// <summary>What <see cref="Wait"/> found of the watched descriptor.</summary>
    public bool IsWatchedReady { get; protected set; }

    /// <summary>Opens the fastest kind this system has.</summary>
    public static UdpSocket Open(UdpSocketOptions options) => OpenSockets.Add(
        OperatingSystem.IsLinux() && !options.Portable ? new LinuxUdpSocket(options) : new PortableUdpSocket(options));

    /// <summary>Reads one batch into <see cref="Received"/> without waiting; returns how many messages it filled.</summary>
    public abstract int Receive();

    /// <summary>Sends a run without waiting. A blocked run is left holding what has not been sent.</summary>
    public abstract SendOutcome Send(ref PacketRun run);

    /// <summary>Sleeps until a packet arrives, a wake-up, the time-out in nanoseconds, or (if asked) room to send.
    /// Tells whether there may be something to receive.</summary>
    public abstract bool Wait(ulong timeout, bool forWriting);

    /// <summary>Has <see cref="Wait"/> also end when another descriptor can be read; -1 for none.</summary>
    public virtual void Watch(int descriptor) => throw new NotSupportedException();

    /// <summary>Ends a <see cref="Wait"/>, present or next. Safe from any thread.</summary>
    public abstract void Wake();

    public void Dispose()
    {
        OpenSockets.Remove(this);
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
