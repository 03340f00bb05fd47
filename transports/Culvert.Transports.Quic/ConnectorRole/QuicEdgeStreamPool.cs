using System.Collections.Concurrent;
using Culvert.Transports.Quic.Providers;

namespace Culvert.Transports.Quic.ConnectorRole;

/// <summary>Requests that are reused from stream to stream of the process. Thread-safe.</summary>
internal static class QuicEdgeStreamPool
{
    /// <summary>Kept for reuse; what a burst needed beyond it is left to the garbage collector.</summary>
    private const int MaxKept = 1024;

    private static readonly ConcurrentQueue<QuicEdgeStream> Kept = new();
    private static int _count;
    private static int _rented;

    /// <summary>Requests that were not given back.</summary>
    public static int Rented => Volatile.Read(ref _rented);

    public static QuicEdgeStream Rent(IQuicStream stream)
    {
        Interlocked.Increment(ref _rented);
        if (Kept.TryDequeue(out var request))
        {
            Interlocked.Decrement(ref _count);
        }
        else
        {
            request = new QuicEdgeStream();
        }

        request.Attach(stream);
        return request;
    }

    public static void Return(QuicEdgeStream request)
    {
        request.Detach();
        Interlocked.Decrement(ref _rented);
        if (Interlocked.Increment(ref _count) <= MaxKept)
        {
            Kept.Enqueue(request);
        }
        else
        {
            Interlocked.Decrement(ref _count);
            request.Dispose();
        }
    }
}
