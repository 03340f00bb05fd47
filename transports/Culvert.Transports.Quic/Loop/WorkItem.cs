namespace Culvert.Transports.Quic.Loop;

/// <summary>
/// Something that has work for its loop. It sits in the loop's queue at most once, so the queue is bounded by the number of
/// connections and streams, and posting allocates nothing.
/// </summary>
internal abstract class WorkItem
{
    internal WorkItem? NextPosted;
    private int _posted;

    // Exchanged without a look first: the fence orders what the poster published before the consumer's release.
    /// <summary>Claims the single place in the queue. False when the item is in it already.</summary>
    internal bool TryClaimPost() => Interlocked.Exchange(ref _posted, 1) == 0;

    /// <summary>Gives the place back. A full fence: what was published before a refused claim is visible to the run that follows.</summary>
    internal void ReleasePost() => Interlocked.Exchange(ref _posted, 0);

    /// <summary>True while the item sits in a queue.</summary>
    internal bool IsPosted => Volatile.Read(ref _posted) != 0;

    /// <summary>Does the work. Called on the loop's thread only.</summary>
    internal abstract void RunOnLoop();
}
