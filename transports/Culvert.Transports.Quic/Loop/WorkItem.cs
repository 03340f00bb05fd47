namespace Culvert.Transports.Quic.Loop;

/// <summary>
/// Something that has work for its loop. It sits in the loop's queue at most once, so the queue is bounded by the number of
/// connections and streams, and posting allocates nothing.
/// </summary>
internal abstract class WorkItem
{
    private const int Idle = 0;
    private const int Queued = 1;
    private const int Running = 2;
    private const int RunningAndWanted = 3;

    internal WorkItem? NextPosted;
    private int _state;

    /// <summary>True while the item sits in a queue or runs.</summary>
    internal bool IsPosted => Volatile.Read(ref _state) != Idle;

    /// <summary>
    /// Asks for a run. True when the caller must queue the item; otherwise a run to come will see what was published.
    /// </summary>
    internal bool TryClaimPost()
    {
        // What the poster published must be visible before it reads that somebody else's run is still to come.
        Interlocked.MemoryBarrier();
        while (true)
        {
            var state = Volatile.Read(ref _state);
            if (state is Queued or RunningAndWanted)
                return false;
            var wanted = state == Idle ? Queued : RunningAndWanted;
            if (Interlocked.CompareExchange(ref _state, wanted, state) == state)
                return state == Idle;
        }
    }

    internal void BeginRun() => Interlocked.Exchange(ref _state, Running);

    /// <summary>False when a run was asked for during this one: the item is to be queued again.</summary>
    internal bool EndRun()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, Running) == Running)
            return true;
        Volatile.Write(ref _state, Queued);
        return false;
    }

    /// <summary>Does the work. Called on the loop's thread only.</summary>
    internal abstract void RunOnLoop();

    /// <summary>Called on the loop's thread when the item has left the queue and its run is over.</summary>
    internal virtual void AfterRun()
    {
    }
}
