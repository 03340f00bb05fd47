namespace Culvert.Engine.Datagrams.Muxer;

/// <summary>
/// A UDP conversation: its socket, and its places in its connection's lists. Reused.
/// </summary>
internal sealed class Flow(int slot)
{
    /// <summary>Names it towards the kernel; the same for the object's whole life.</summary>
    public readonly int Slot = slot;

    public UInt128 Id;
    public int Socket = -1;

    /// <summary>Index of the connection that opened it, under which it is counted.</summary>
    public byte OpenedBy;

    /// <summary>Whether the edge wants to know when the destination refuses what it gets.</summary>
    public bool WantsUnreachable;

    public long OpenedAt;
    public long LastActive;
    public long IdlePeriod;
    public int WheelSlot = -1;
    public Flow? NextInWheel;
    public Flow? PreviousInWheel;

    /// <summary>Messages the last read brought: reading no more than were there last time saves asking for the end.</summary>
    public int LastRead = 1;

    /// <summary>This round's datagrams to the origin, a chain through the connection's items.</summary>
    public int RunHead = -1;
    public int RunTail;
    public int RunCount;

    /// <summary>What the socket would not take, a chain through the parking places.</summary>
    public int ParkedHead = -1;
    public int ParkedTail;
    public int ParkedCount;
    public long ParkedSince;

    public bool IsOpen => Socket >= 0;
}
