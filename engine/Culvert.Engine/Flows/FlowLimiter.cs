namespace Culvert.Engine.Flows;

/// <summary>What a flow carries; the label <c>flow_type</c>.</summary>
public enum FlowKind
{
    /// <summary>A private-network TCP stream.</summary>
    Tcp,

    /// <summary>A UDP conversation.</summary>
    Udp,
}

/// <summary>
/// Bounds the flows that a process carries at once: TCP streams of private networks and UDP flows on all connections together
/// (datagrams, section 6). Thread-safe, without locks.
/// </summary>
public sealed class FlowLimiter
{
    private long _active;
    private long _limit;
    private long _refusedTcp;
    private long _refusedUdp;

    /// <summary>Flows that have a place now. It counts on without a limit, so that a limit set later sees them.</summary>
    public long Active => Volatile.Read(ref _active);

    /// <summary>Most flows at once; 0 for any number. May change at any time; a lower limit ends no flow.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public long Limit
    {
        get => Volatile.Read(ref _limit);
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            Volatile.Write(ref _limit, value);
        }
    }

    /// <summary>Refusals so far: <c>flow_client_registrations_rate_limited_total</c>.</summary>
    public long Refused(FlowKind kind) => Volatile.Read(ref kind == FlowKind.Tcp ? ref _refusedTcp : ref _refusedUdp);

    /// <summary>Takes a place, which the caller gives back with <see cref="Release"/>.</summary>
    /// <returns>False, counted, when the limit is reached.</returns>
    public bool TryAcquire(FlowKind kind)
    {
        while (true)
        {
            var active = Volatile.Read(ref _active);
            var limit = Volatile.Read(ref _limit);
            if (limit > 0 && active >= limit)
            {
                Interlocked.Increment(ref kind == FlowKind.Tcp ? ref _refusedTcp : ref _refusedUdp);
                return false;
            }
            if (Interlocked.CompareExchange(ref _active, active + 1, active) == active)
                return true;
        }
    }

    /// <summary>Gives a place back; once for each place taken. One that nobody has is no credit.</summary>
    public void Release()
    {
        var active = Volatile.Read(ref _active);
        while (active > 0)
        {
            var seen = Interlocked.CompareExchange(ref _active, active - 1, active);
            if (seen == active)
                return;
            active = seen;
        }
    }
}
