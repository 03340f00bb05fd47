using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Culvert.Transports.Quic.Streams;

/// <summary>
/// Bytes to send: the application writes into pinned blocks, ngtcp2 sends from the same blocks, and they are released when
/// acknowledged. What is not acknowledged yet is bounded, for the stream by a limit that grows with the path and for the
/// connection by a budget: past either a flush waits. Empty, it holds no block.
/// </summary>
internal sealed partial class OutputPipe(StreamCore stream) : PipeWriter, IValueTaskSource<FlushResult>
{
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<FlushResult> _source;
    private CancellationTokenRegistration _registration;

    // The application's alone while _writing, shared under the gate otherwise.
    private Block? _tail;
    private long _unflushed;

    private bool _writing;
    private Block? _head;
    private long _flushed;
    private long _acknowledged;
    private SendBudget? _budget;
    private long _limit;
    private long _largestLimit;
    private long _wakeAt;
    private bool _completed;
    private bool _stopped;
    private bool _closed;
    private bool _waiting;
    private bool _cancelRequested;

    /// <summary>True when the application has completed its side.</summary>
    public bool IsWriterDone => Volatile.Read(ref _completed);

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _unflushed;

    public override Memory<byte> GetMemory(int sizeHint = 0) => TailFor(sizeHint).Free;

    public override Span<byte> GetSpan(int sizeHint = 0) => TailFor(sizeHint).Free.Span;

    public override void Advance(int bytes)
    {
        if (bytes == 0)
            return;
        if (_tail is null || (uint)bytes > (uint)_tail.Room)
            throw new ArgumentOutOfRangeException(nameof(bytes));
        _tail.Used += bytes;
        _unflushed += bytes;
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        short version;
        lock (_gate)
        {
            if (_waiting)
                throw new InvalidOperationException("A flush is already pending.");
            if (!PublishWritten())
                return new ValueTask<FlushResult>(new FlushResult(TakeCancellation(), isCompleted: true));
            var canceled = TakeCancellation();
            if (canceled || MayGoOn())
            {
                stream.Post();
                return new ValueTask<FlushResult>(new FlushResult(canceled, isCompleted: false));
            }
            _waiting = true;
            _wakeAt = Held / 2;
            _source.Reset();
            version = _source.Version;
        }
        stream.Post();
        if (cancellationToken.CanBeCanceled)
            _registration = cancellationToken.UnsafeRegister(static (self, token) => ((OutputPipe)self!).CancelWait(token), this);
        return new ValueTask<FlushResult>(this, version);
    }

    public override void CancelPendingFlush()
    {
        lock (_gate)
        {
            if (!_waiting)
            {
                _cancelRequested = true;
                return;
            }
            _waiting = false;
        }
        Wake(new FlushResult(isCanceled: true, isCompleted: false), inline: false);
    }

    public override void Complete(Exception? exception = null)
    {
        lock (_gate)
        {
            if (_completed)
                return;
            PublishWritten();
            // Before the completion shows, or the loop could send FIN first.
            if (exception is not null)
                stream.RequestReset(exception is QuicStreamException quic ? quic.ErrorCode : 0);
            _completed = true;
        }
        stream.Post();
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token)
    {
        _registration.Dispose();
        _registration = default;
        return _source.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(Action<object?> continuation, object? state, short token,
        ValueTaskSourceOnCompletedFlags flags) => _source.OnCompleted(continuation, state, token, flags);

    private Block TailFor(int sizeHint)
    {
        if (_completed)
            throw new InvalidOperationException("The output has been completed.");
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        if (!_writing)
        {
            lock (_gate)
                _writing = true;
        }
        if (_tail is { } tail && tail.Room >= Math.Max(sizeHint, 1))
            return tail;
        var block = BlockPool.Shared.Rent(sizeHint);
        block.Begin(_flushed + _unflushed);
        lock (_gate)
        {
            if (_tail is null)
                _head = block;
            else
                _tail.Append(block);
            _tail = block;
        }
        return block;
    }

    private long Held => _flushed - _acknowledged;

    private bool MayGoOn() =>
        Held < _limit && (Held < QuicTransportOptions.StreamSendReserve || !_budget!.IsSpent);

    // False when nobody wants the bytes any more.
    private bool PublishWritten()
    {
        if (!_closed)
            _budget!.Take(_unflushed);
        else
            _acknowledged += _unflushed;
        _flushed += _unflushed;
        _unflushed = 0;
        _writing = false;
        if (_closed)
            ReleaseAll();
        return !_closed && !_stopped;
    }

    private bool TakeCancellation()
    {
        var canceled = _cancelRequested;
        _cancelRequested = false;
        return canceled;
    }

    private void CancelWait(CancellationToken token)
    {
        lock (_gate)
        {
            if (!_waiting)
                return;
            _waiting = false;
        }
        _source.RunContinuationsAsynchronously = true;
        _source.SetException(new OperationCanceledException(token));
    }

    private void ReleaseAll()
    {
        BlockPool.Shared.ReturnChain(_head);
        _head = _tail = null;
    }
}
