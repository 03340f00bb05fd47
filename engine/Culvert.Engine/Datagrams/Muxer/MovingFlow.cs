using Culvert.Transports.Native;

namespace Culvert.Engine.Datagrams.Muxer;

/// <summary>What of a flow goes from one connection to another: its socket, and what it was opened with.</summary>
/// <param name="muxer">Where its place is given back when nobody takes it up.</param>
/// <param name="socket">The descriptor, which is the object's until a connection has it.</param>
/// <param name="openedBy">Index of the connection that opened it, under which it is counted.</param>
/// <param name="openedAt">In milliseconds of the muxer's clock.</param>
/// <param name="idlePeriod">In milliseconds.</param>
/// <param name="wantsUnreachable">Whether the edge wants to know when the destination refuses what it gets.</param>
internal sealed class MovingFlow(
    DatagramMuxer muxer, int socket, byte openedBy, long openedAt, long idlePeriod, bool wantsUnreachable)
{
    public int Socket => socket;

    public byte OpenedBy => openedBy;

    public long OpenedAt => openedAt;

    public long IdlePeriod => idlePeriod;

    public bool WantsUnreachable => wantsUnreachable;

    /// <summary>Closes it: the connection that it was to move to has ended.</summary>
    public void Drop()
    {
        _ = Libc.close(socket);
        muxer.Limiter.Release();
        muxer.Counters(openedBy).Closed(failed: false);
    }
}
