namespace Culvert.Transports.Quic.Streams;

/// <summary>
/// Unacknowledged bytes of all streams of one connection. A stream that is refused waits for acknowledgements of its own
/// bytes, of which it then has some, so nobody has to be woken when others give back. Any thread.
/// </summary>
internal sealed class SendBudget(long limit)
{
    private long _held;

    /// <summary>Bytes that were flushed and neither acknowledged nor given up.</summary>
    public long Held => Volatile.Read(ref _held);

    public bool IsSpent => Held >= limit;

    public void Take(long count) => Interlocked.Add(ref _held, count);

    public void GiveBack(long count) => Interlocked.Add(ref _held, -count);
}
