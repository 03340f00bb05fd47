namespace Culvert.Transports.Quic.Loop;

/// <summary>Lock-free queue of many producers and one consumer: a stack that the loop takes whole and reverses.</summary>
internal sealed class WorkQueue
{
    private WorkItem? _top;

    public bool IsEmpty => Volatile.Read(ref _top) is null;

    public void Push(WorkItem item)
    {
        WorkItem? top;
        do
        {
            top = Volatile.Read(ref _top);
            item.NextPosted = top;
        }
        while (Interlocked.CompareExchange(ref _top, item, top) != top);
    }

    /// <summary>Takes everything posted so far, oldest first, linked by <see cref="WorkItem.NextPosted"/>.</summary>
    public WorkItem? TakeAll()
    {
        if (IsEmpty)
            return null;
        var item = Interlocked.Exchange(ref _top, null);
        WorkItem? oldestFirst = null;
        while (item is not null)
        {
            var next = item.NextPosted;
            item.NextPosted = oldestFirst;
            oldestFirst = item;
            item = next;
        }
        return oldestFirst;
    }
}
