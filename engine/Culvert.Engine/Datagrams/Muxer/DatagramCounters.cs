namespace Culvert.Engine.Datagrams.Muxer;

/// <summary>Why a datagram of a flow was dropped; the label <c>reason</c> of <c>cloudflared_udp_dropped_datagrams</c>.</summary>
public enum DropReason
{
    /// <summary><c>write_flow_unknown</c>: a payload for no flow.</summary>
    FlowUnknown,

    /// <summary><c>write_full</c>: the flow has too many waiting for its origin.</summary>
    WriteFull,

    /// <summary><c>write_deadline_exceeded</c>: the origin's socket took nothing for 200 ms.</summary>
    WriteDeadlineExceeded,

    /// <summary><c>write_failed</c>: too long for the route to the origin.</summary>
    WriteFailed,

    /// <summary><c>read_too_large</c>: an origin sent more than 1280 bytes.</summary>
    ReadTooLarge,

    /// <summary><c>read_exceeds_path</c>: longer than a packet to the edge now is. The original ends the flow.</summary>
    ReadExceedsPath,

    /// <summary><c>send_full</c>: the queue to the edge is full. The original waits.</summary>
    SendFull,

    /// <summary><c>malformed</c>: not a datagram of the protocol.</summary>
    Malformed,
}

/// <summary>What happened to flows of one connection index (datagrams, section 11). Thread-safe.</summary>
public sealed class DatagramCounters
{
    private readonly long[] _dropped = new long[Enum.GetValues<DropReason>().Length];
    private long _active;
    private long _total;
    private long _failed;
    private long _retries;
    private long _migrated;
    private long _refusedRegister;
    private long _refusedUnregister;

    /// <summary><c>cloudflared_udp_active_flows</c>: flows now that this index opened.</summary>
    public long Active => Volatile.Read(ref _active);

    /// <summary><c>cloudflared_udp_total_flows</c>.</summary>
    public long Total => Volatile.Read(ref _total);

    /// <summary><c>cloudflared_udp_failed_flows</c>: ended by an error of their socket.</summary>
    public long Failed => Volatile.Read(ref _failed);

    /// <summary><c>cloudflared_udp_retry_flow_responses</c>.</summary>
    public long Retries => Volatile.Read(ref _retries);

    /// <summary><c>cloudflared_udp_migrated_flows</c>: flows that moved to this index.</summary>
    public long Migrated => Volatile.Read(ref _migrated);

    /// <summary><c>cloudflared_udp_unsupported_remote_command_total</c>, command <c>register_udp_session</c>.</summary>
    public long RefusedRegister => Volatile.Read(ref _refusedRegister);

    /// <summary>The same, command <c>unregister_udp_session</c>.</summary>
    public long RefusedUnregister => Volatile.Read(ref _refusedUnregister);

    /// <summary><c>cloudflared_udp_dropped_datagrams</c>.</summary>
    public long Dropped(DropReason reason) => Volatile.Read(ref _dropped[(int)reason]);

    internal void Opened()
    {
        Interlocked.Increment(ref _active);
        Interlocked.Increment(ref _total);
    }

    internal void Closed(bool failed)
    {
        Interlocked.Decrement(ref _active);
        if (failed)
            Interlocked.Increment(ref _failed);
    }

    internal void Retried() => Interlocked.Increment(ref _retries);

    internal void MigratedHere() => Interlocked.Increment(ref _migrated);

    internal void Refused(bool register) => Interlocked.Increment(ref register ? ref _refusedRegister : ref _refusedUnregister);

    internal void Drop(DropReason reason, long count = 1) => Interlocked.Add(ref _dropped[(int)reason], count);
}
