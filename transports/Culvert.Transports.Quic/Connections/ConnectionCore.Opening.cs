using Culvert.Transports.Quic.Streams;

namespace Culvert.Transports.Quic.Connections;

internal sealed partial class ConnectionCore
{
    /// <summary>Any thread.</summary>
    public ValueTask<QuicStream> OpenStreamAsync(CancellationToken cancellationToken)
    {
        if (_closed.Task.IsCompleted)
            return ValueTask.FromException<QuicStream>(Ended());
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<QuicStream>(cancellationToken);
        if (Interlocked.Increment(ref _pendingOpens) > Settings.MaxWaitingOpens)
        {
            Interlocked.Decrement(ref _pendingOpens);
            return ValueTask.FromException<QuicStream>(
                new QuicStreamException("Too many streams wait for the peer's permission."));
        }
        var open = StreamPool.Rent(this).OpenAsync();
        return cancellationToken.CanBeCanceled ? Abandonable(open, cancellationToken) : open;
    }

    // A stream whose opener has gone away is opened all the same, then aborted: its place in the queue cannot be given up early.
    private static async ValueTask<QuicStream> Abandonable(ValueTask<QuicStream> open, CancellationToken cancellationToken)
    {
        var task = open.AsTask();
        try
        {
            return await task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _ = task.ContinueWith(static opened => opened.Result.DisposeAsync(), CancellationToken.None,
                TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously,
                    TaskScheduler.Default);
            throw;
        }
    }
}
