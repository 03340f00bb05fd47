namespace Culvert.Transports.Quic.Loop;

/// <summary>
/// Cancels tokens off the loop's thread: what is registered with them is application code that may do anything.
/// </summary>
internal static class Cancellation
{
    public static void Request(CancellationTokenSource source) =>
        ThreadPool.UnsafeQueueUserWorkItem(static source => Cancel(source), source, preferLocal: false);

    private static void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (AggregateException)
        {
            // A registration's own failure: nobody awaits this, and it must not end the process.
        }
    }
}
