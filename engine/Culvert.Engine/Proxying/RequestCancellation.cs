using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Culvert.Engine.Proxying;

/// <summary>
/// The token of one request: cancelled when the edge gave the request up or the connector stops. Pooled, because a linked source
/// for each request would allocate.
/// </summary>
/// <remarks>Returned by the request that rented it, after everything that was given the token has ended.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "Its source has neither timer nor handle.")]
internal sealed class RequestCancellation
{
    /// <summary>Kept for reuse; what a burst needed beyond it is left to the garbage collector.</summary>
    private const int MaxKept = 1024;

    private static readonly ConcurrentQueue<RequestCancellation> Kept = new();
    private static int _kept;
    private static int _rented;

    private readonly CancellationTokenSource _source = new();
    private CancellationTokenRegistration _aborted;
    private CancellationTokenRegistration _stopping;

    /// <summary>Those that were not given back.</summary>
    public static int Rented => Volatile.Read(ref _rented);

    public CancellationToken Token => _source.Token;

    /// <summary>Takes one that follows two tokens.</summary>
    public static RequestCancellation Rent(CancellationToken aborted, CancellationToken stopping)
    {
        Interlocked.Increment(ref _rented);
        if (Kept.TryDequeue(out var cancellation))
        {
            Interlocked.Decrement(ref _kept);
        }
        else
        {
            cancellation = new RequestCancellation();
        }

        cancellation._aborted = cancellation.Follow(aborted);
        cancellation._stopping = cancellation.Follow(stopping);
        return cancellation;
    }

    /// <summary>Gives it back. One that was cancelled is not used again.</summary>
    public void Return()
    {
        Interlocked.Decrement(ref _rented);

        // Waits for a cancellation that runs at this moment, so that it cannot reach the next request.
        _aborted.Dispose();
        _stopping.Dispose();
        if (!_source.TryReset())
        {
            return;
        }

        if (Interlocked.Increment(ref _kept) <= MaxKept)
        {
            Kept.Enqueue(this);
        }
        else
        {
            Interlocked.Decrement(ref _kept);
        }
    }

    private CancellationTokenRegistration Follow(CancellationToken token) =>
        token.UnsafeRegister(static c => ((RequestCancellation)c!)._source.Cancel(), this);
}
