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
    private long _activeSessions;
    private long _totalSessions;
    private long _tooBigForSession;
    private long _icmpQueueFull;
    private long _icmpFailed;

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

    /// <summary><c>cloudflared_udp_active_sessions</c>: sessions of version 2 now.</summary>
    public long ActiveSessions => Volatile.Read(ref _activeSessions);

    /// <summary><c>cloudflared_udp_total_sessions</c>.</summary>
    public long TotalSessions => Volatile.Read(ref _totalSessions);

    /// <summary><c>quic_client_packet_too_big_dropped</c>: origins' datagrams that version 2 has no room for.</summary>
    public long TooBigForSession => Volatile.Read(ref _tooBigForSession);

    /// <summary><c>cloudflared_icmp_dropped_packets</c>, reason <c>write_full</c>.</summary>
    public long IcmpQueueFull => Volatile.Read(ref _icmpQueueFull);

    /// <summary>The same, reason <c>write_failed</c>.</summary>
    public long IcmpFailed => Volatile.Read(ref _icmpFailed);

    /// <summary><c>cloudflared_udp_dropped_datagrams</c>.</summary>
    public long Dropped(DropReason reason) => Volatile.Read(ref _dropped[(int)reason]);

    internal void Opened(bool isSession = false)
    {
        Interlocked.Increment(ref isSession ? ref _activeSessions : ref _active);
        Interlocked.Increment(ref isSession ? ref _totalSessions : ref _total);
    }

    internal void Closed(bool failed, bool isSession = false)
    {
        Interlocked.Decrement(ref isSession ? ref _activeSessions : ref _active);
        if (failed && !isSession)
            Interlocked.Increment(ref _failed);
    }

    internal void IcmpDropped(bool isFull) => Interlocked.Increment(ref isFull ? ref _icmpQueueFull : ref _icmpFailed);

    internal void SessionPayloadTooBig() => Interlocked.Increment(ref _tooBigForSession);

    internal void Retried() => Interlocked.Increment(ref _retries);

    internal void MigratedHere() => Interlocked.Increment(ref _migrated);

    internal void Refused(bool register) => Interlocked.Increment(ref register ? ref _refusedRegister : ref _refusedUnregister);

    internal void Drop(DropReason reason, long count = 1) => Interlocked.Add(ref _dropped[(int)reason], count);
}
