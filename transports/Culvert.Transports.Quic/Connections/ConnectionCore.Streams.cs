using Culvert.Transports.Quic.Native;
using Culvert.Transports.Quic.Streams;

namespace Culvert.Transports.Quic.Connections;

internal sealed unsafe partial class ConnectionCore
{
    private readonly Queue<StreamCore> _waitingOpens = new();
    private readonly Queue<StreamCore> _arrived = new();
    private StreamCore? _streams;
    private int _streamCount;
    private long _credit;
    private int _pendingOpens;

    /// <summary>Any thread: received bytes were consumed, or will never be.</summary>
    public void ReturnCredit(long count)
    {
        if (Interlocked.Add(ref _credit, count) >= Settings.ConnectionCreditBatch)
            Loop.Post(this);
    }

    /// <summary>Opens a local stream, or lets it wait until the peer allows one more.</summary>
    public void Open(StreamCore stream)
    {
        if (IsClosed)
        {
            Interlocked.Decrement(ref _pendingOpens);
            stream.OpenFailed(Ended());
            return;
        }
        if (_waitingOpens.Count > 0 || !TryOpen(stream))
            _waitingOpens.Enqueue(stream);
    }

    /// <summary>The peer allows more streams.</summary>
    public void OpenWaiting()
    {
        while (_waitingOpens.TryPeek(out var stream) && TryOpen(stream))
        {
            _waitingOpens.Dequeue();
            // It may have been written to while it waited.
            stream.Post();
        }
    }

    /// <summary>The application is done with a closed stream: the peer may open another in its place.</summary>
    public void Retire(StreamCore stream)
    {
        // One that was never opened is no neighbour of the others.
        if (IsClosed || stream.Id < 0)
            return;
        Unlink(stream);
        if (((stream.Id & 1) == 1) == (FrontDoor is null))
        {
            _remoteEnded++;
            AllowStreams();
        }
    }

    private bool TryOpen(StreamCore stream)
    {
        long id;
        var result = Ngtcp2.ngtcp2_conn_open_bidi_stream(Handle, &id, 0);
        if (result == Ngtcp2Errors.StreamIdBlocked)
            return false;
        Interlocked.Decrement(ref _pendingOpens);
        if (result != 0)
        {
            stream.OpenFailed(new QuicStreamException(Ngtcp2.Describe(result)));
            return true;
        }
        _ = Ngtcp2.ngtcp2_conn_set_stream_user_data(Handle, id, stream.Bind(id));
        Link(stream);
        stream.OpenSucceeded();
        return true;
    }

    private void OnRemoteOpened(long id)
    {
        var stream = StreamPool.Rent(this);
        _ = Ngtcp2.ngtcp2_conn_set_stream_user_data(Handle, id, stream.Bind(id));
        Link(stream);
        _arrived.Enqueue(stream);
        Touch();
    }

    private void OnUnblocked(StreamCore stream)
    {
        stream.IsBlocked = false;
        if (stream.CanSend)
            AddReady(stream);
    }

    private void Link(StreamCore stream)
    {
        stream.Next = _streams;
        if (_streams is not null)
            _streams.Previous = stream;
        _streams = stream;
        _streamCount++;
    }

    private void Unlink(StreamCore stream)
    {
        if (stream.Previous is null)
            _streams = stream.Next;
        else
            stream.Previous.Next = stream.Next;
        if (stream.Next is not null)
            stream.Next.Previous = stream.Previous;
        if (_pollNext == stream)
            _pollNext = stream.Next;
        stream.Previous = stream.Next = null;
        _streamCount--;
    }
}
