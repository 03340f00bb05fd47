using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Culvert.Transports.Quic.Streams;

internal sealed partial class InputPipe
{
    private ManualResetValueTaskSourceCore<ReadResult> _source;
    private CancellationTokenRegistration _registration;
    private bool _waiting;
    private bool _cancelRequested;

    /// <summary>True when the application has completed its side.</summary>
    public bool IsReaderDone => Volatile.Read(ref _readerDone);

    public override bool TryRead(out ReadResult result)
    {
        lock (_gate)
        {
            ThrowIfBusy();
            return TryTake(out result);
        }
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            ThrowIfBusy();
            if (TryTake(out var result))
                return new ValueTask<ReadResult>(result);
            _waiting = true;
            _source.Reset();
        }
        if (cancellationToken.CanBeCanceled)
            _registration = cancellationToken.UnsafeRegister(static (self, token) => ((InputPipe)self!).CancelWait(token), this);
        return new ValueTask<ReadResult>(this, _source.Version);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        long count;
        lock (_gate)
        {
            var to = OffsetOf(consumed);
            if (to < _consumed || to > _published)
                throw new ArgumentOutOfRangeException(nameof(consumed));
            count = to - _consumed;
            _consumed = to;
            _examined = Math.Clamp(OffsetOf(examined), to, _published);
            ReleaseConsumed();
        }
        if (count > 0)
            stream.ReturnCredit(count);
    }

    public override void CancelPendingRead()
    {
        bool wake;
        ReadResult result;
        lock (_gate)
        {
            _cancelRequested = true;
            wake = TakeWaiter(out result);
        }
        if (wake)
            Wake(in result, inline: false);
    }

    public override void Complete(Exception? exception = null)
    {
        long unread;
        lock (_gate)
        {
            if (_readerDone)
                return;
            _readerDone = true;
            unread = _published - _consumed;
            _consumed = _published;
            if (!_appending)
                ReleaseAll();
        }
        if (unread > 0)
            stream.ReturnCredit(unread);
        stream.Post();
    }

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token)
    {
        _registration.Dispose();
        _registration = default;
        return _source.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(Action<object?> continuation, object? state, short token,
        ValueTaskSourceOnCompletedFlags flags) => _source.OnCompleted(continuation, state, token, flags);

    private bool TryTake(out ReadResult result)
    {
        result = default;
        if (_published <= _examined && !_finished && _error is null && !_cancelRequested)
            return false;
        if (_error is not null)
            throw _error;
        result = Current();
        return true;
    }

    private ReadResult Current()
    {
        var buffer = _published == _consumed
            ? ReadOnlySequence<byte>.Empty
            : new ReadOnlySequence<byte>(_head!, (int)(_consumed - _head!.Start), _publishedTail!,
                (int)(_published - _publishedTail!.Start));
        var canceled = _cancelRequested;
        _cancelRequested = false;
        return new ReadResult(buffer, canceled, _finished);
    }

    private bool TakeWaiter(out ReadResult result)
    {
        result = default;
        if (!_waiting || (_published <= _examined && !_finished && _error is null && !_cancelRequested))
            return false;
        _waiting = false;
        if (_error is null)
            result = Current();
        return true;
    }

    // Inline only at the loop's one point for it; every other caller may hold locks that the continuation wants.
    private void Wake(in ReadResult result, bool inline)
    {
        _source.RunContinuationsAsynchronously = !inline;
        if (_error is null)
            _source.SetResult(result);
        else
            _source.SetException(_error);
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

    private long OffsetOf(SequencePosition position) =>
        position.GetObject() is Block block ? block.Start + position.GetInteger() : _consumed;

    private void ThrowIfBusy()
    {
        if (_readerDone)
            throw new InvalidOperationException("The input has been completed.");
        if (_waiting)
            throw new InvalidOperationException("A read is already pending.");
    }
}
