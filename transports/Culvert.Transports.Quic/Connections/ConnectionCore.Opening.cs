using Culvert.Transports.Quic.Streams;

namespace Culvert.Transports.Quic.Connections;

internal sealed partial class ConnectionCore
{
    /// <summary>Any thread.</summary>
    public ValueTask<QuicStream> OpenStreamAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<QuicStream>(cancellationToken);
        if (TryCountOpen() is { } refused)
            return ValueTask.FromException<QuicStream>(refused);
        var open = StreamPool.Rent(this).OpenAsync();
        return cancellationToken.CanBeCanceled ? Abandonable(open, cancellationToken) : open;
    }

    /// <summary>
    /// Any thread: a stream that can be written to and read from at once, while the loop has yet to open it. When it cannot be
    /// opened, reads fail and flushes answer "completed", as on a stream whose connection ends.
    /// </summary>
    public QuicStream OpenStream()
    {
        if (TryCountOpen() is { } refused)
            throw refused;
        return StreamPool.Rent(this).Open();
    }

    private Exception? TryCountOpen()
    {
        if (_closed.Task.IsCompleted)
            return Ended();
        if (Interlocked.Increment(ref _pendingOpens) <= Settings.MaxWaitingOpens)
            return null;
        Interlocked.Decrement(ref _pendingOpens);
        return new QuicStreamException("Too many streams wait for the peer's permission.");
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
