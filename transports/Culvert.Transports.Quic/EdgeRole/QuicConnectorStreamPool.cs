using System.Collections.Concurrent;
using Culvert.Transports.Quic.Providers;
using Culvert.Transports.Streams;

namespace Culvert.Transports.Quic.EdgeRole;

/// <summary>Requests to connectors that are used again, for all connections of a process. Thread-safe.</summary>
internal static class QuicConnectorStreamPool
{
    /// <summary>Kept for reuse; what a burst needed beyond it is left to the garbage collector.</summary>
    private const int MaxKept = 1024;

    private static readonly ConcurrentQueue<QuicConnectorStream> Kept = new();

    public static QuicConnectorStream Rent(IQuicStream stream, StreamKind kind)
    {
        if (!Kept.TryDequeue(out var request))
        {
            request = new QuicConnectorStream();
        }

        request.Attach(stream, kind);
        return request;
    }

    public static void Return(QuicConnectorStream request)
    {
        if (Kept.Count < MaxKept)
        {
            Kept.Enqueue(request);
        }
    }
}
