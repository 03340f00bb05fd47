using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Culvert.Transports.Quic.Datagrams;

/// <summary>Received datagrams: the loop puts, one consumer takes, and is woken once per batch.</summary>
internal sealed class DatagramInbox : IValueTaskSource<bool>
{
    private readonly DatagramRing _ring;
    private ManualResetValueTaskSourceCore<bool> _source;
    private CancellationTokenRegistration _registration;
    private int _waiting;
    private volatile bool _ended;

    public DatagramInbox(int capacity)
    {
        _ring = new DatagramRing(capacity);
        _source.RunContinuationsAsynchronously = true;
    }

    public long Dropped => _ring.Dropped;

    /// <summary>The loop's: keeps a copy, or drops it when the ring is full.</summary>
    public unsafe void Put(byte* data, int length) => _ring.TryWrite(new ReadOnlySpan<byte>(data, length));

    /// <summary>The loop's, after a batch or at the end of the connection; inline, the reader goes on within this call.</summary>
    public void Signal(bool ended, bool inline)
    {
        _ended |= ended;
        Interlocked.MemoryBarrier();
        if (!TakeWait())
            return;
        _source.RunContinuationsAsynchronously = !inline;
        _source.SetResult(!_ring.IsEmpty || !_ended);
    }

    /// <summary>The oldest, in place, until <see cref="Pop"/>.</summary>
    public unsafe bool TryPeek(out byte* data, out int length) => _ring.TryPeek(out data, out length);

    public void Pop() => _ring.Pop();

    public unsafe bool TryTake(Span<byte> buffer, out int length)
    {
        if (!_ring.TryPeek(out var data, out length))
            return false;
        if (length > buffer.Length)
            throw new ArgumentException($"The datagram has {length} bytes, the buffer {buffer.Length}.", nameof(buffer));
        new ReadOnlySpan<byte>(data, length).CopyTo(buffer);
        _ring.Pop();
        return true;
    }

    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        if (!_ring.IsEmpty)
            return new ValueTask<bool>(true);
        if (_ended)
            return new ValueTask<bool>(false);
        if (Volatile.Read(ref _waiting) != 0)
            throw new InvalidOperationException("Datagrams have one reader; it is already waiting.");
        _source.Reset();
        var task = new ValueTask<bool>(this, _source.Version);
        Interlocked.Exchange(ref _waiting, 1);
        if ((!_ring.IsEmpty || _ended) && TakeWait())
            _source.SetResult(!_ring.IsEmpty);
        else if (cancellationToken.CanBeCanceled)
            _registration = cancellationToken.UnsafeRegister(static (self, token) => ((DatagramInbox)self!).Cancel(token), this);
        return task;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int length;
        while (!TryTake(buffer.Span, out length))
        {
            if (!await WaitAsync(cancellationToken).ConfigureAwait(false))
                return -1;
        }
        return length;
    }

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        _registration.Dispose();
        _registration = default;
        return _source.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token,
        ValueTaskSourceOnCompletedFlags flags) => _source.OnCompleted(continuation, state, token, flags);

    private bool TakeWait() => Volatile.Read(ref _waiting) != 0 && Interlocked.Exchange(ref _waiting, 0) == 1;

    private void Cancel(CancellationToken token)
    {
        if (!TakeWait())
            return;
        _source.RunContinuationsAsynchronously = true;
        _source.SetException(new OperationCanceledException(token));
    }
}
