using System.Diagnostics.CodeAnalysis;

namespace Culvert.Transports.Connections;

/// <summary>
/// How many requests a connector works on at once, on all its connections together. A transport takes a slot before it accepts a
/// stream and gives it back when the stream has ended, so that what the connector cannot work on stays at the edge. Thread-safe.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore without a wait handle owns nothing.")]
public sealed class StreamSlots
{
    /// <summary>Slots unless told otherwise: 10,000 slow requests, and one for each connection that waits, fit.</summary>
    public const int DefaultCapacity = 16 * 1024;

    private readonly SemaphoreSlim _free;

    /// <summary>Creates the slots of a process.</summary>
    /// <param name="capacity">How many, 1 or more.</param>
    public StreamSlots(int capacity = DefaultCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        Capacity = capacity;
        _free = new SemaphoreSlim(capacity, capacity);
    }

    /// <summary>How many slots there are.</summary>
    public int Capacity { get; }

    /// <summary>Slots in use.</summary>
    public int Taken => Capacity - _free.CurrentCount;

    /// <summary>Takes a slot, in order of arrival when there is none. Allocates only when it has to wait.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; no slot was taken.</exception>
    public Task TakeAsync(CancellationToken cancellationToken) => _free.WaitAsync(cancellationToken);

    /// <summary>Gives a slot back.</summary>
    public void Return() => _free.Release();
}
