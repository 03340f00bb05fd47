using System.Collections.Concurrent;
using Culvert.Transports.Quic.Providers;

namespace Culvert.Transports.Quic.ConnectorRole;

/// <summary>Requests that are reused from stream to stream of one connection. Thread-safe.</summary>
internal sealed class QuicEdgeStreamPool
{
    /// <summary>Kept for reuse; what a burst needed beyond it is left to the garbage collector.</summary>
    private const int MaxKept = 128;

    private readonly ConcurrentQueue<QuicEdgeStream> _kept = new();

    public QuicEdgeStream Rent(IQuicStream stream)
    {
        if (!_kept.TryDequeue(out var request))
        {
            request = new QuicEdgeStream();
        }

        request.Attach(stream);
        return request;
    }

    public void Return(QuicEdgeStream request)
    {
        request.Detach();
        if (_kept.Count < MaxKept)
        {
            _kept.Enqueue(request);
        }
        else
        {
            request.Dispose();
        }
    }
}
