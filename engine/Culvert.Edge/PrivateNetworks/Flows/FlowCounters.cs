namespace Culvert.Edge.PrivateNetworks.Flows;

/// <summary>What happened to UDP flows of an edge node. Thread-safe.</summary>
public sealed class FlowCounters
{
    private long _opened;
    private long _refused;
    private long _retries;
    private long _migrated;
    private long _dropped;
    private long _unknown;
    private long _unreachable;

    /// <summary>Flows that were begun.</summary>
    public long Opened => Volatile.Read(ref _opened);

    /// <summary>Registrations that connectors refused, or left without an answer.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Registrations sent again.</summary>
    public long Retries => Volatile.Read(ref _retries);

    /// <summary>Times that a flow went to another connection.</summary>
    public long Migrated => Volatile.Read(ref _migrated);

    /// <summary>Clients' datagrams that went nowhere: too large, queues full, no connector.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Connectors' datagrams for no flow of theirs, or of no known form.</summary>
    public long Unknown => Volatile.Read(ref _unknown);

    /// <summary>Times that a client was told by ICMP that its destination cannot be reached.</summary>
    public long Unreachable => Volatile.Read(ref _unreachable);

    internal void CountOpened() => Interlocked.Increment(ref _opened);

    internal void CountRefused() => Interlocked.Increment(ref _refused);

    internal void CountRetry() => Interlocked.Increment(ref _retries);

    internal void CountMigrated() => Interlocked.Increment(ref _migrated);

    internal void CountDropped() => Interlocked.Increment(ref _dropped);

    internal void CountUnreachable() => Interlocked.Increment(ref _unreachable);

    internal void CountUnknown() => Interlocked.Increment(ref _unknown);
}
