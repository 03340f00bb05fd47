using Culvert.CommandLine.Signals;

namespace Culvert.CommandLine.Reloading;

/// <summary>Calls for files to be read again: when they have changed, and at each SIGHUP.</summary>
internal static class ReloadLoop
{
    /// <summary>Runs until it is cancelled.</summary>
    /// <param name="watch">Tells of changes.</param>
    /// <param name="hangup">Tells of SIGHUP.</param>
    /// <param name="reload">Reads the files; it throws only when it was cancelled.</param>
    /// <param name="cancellationToken">Ends the loop.</param>
    public static async Task RunAsync(
        FileWatch watch, HangupSignal hangup, Func<CancellationToken, Task> reload, CancellationToken cancellationToken)
    {
        try
        {
            var changed = watch.ChangedAsync(cancellationToken);
            var asked = hangup.AskedAsync(cancellationToken).AsTask();
            while (true)
            {
                await (await Task.WhenAny(changed, asked).ConfigureAwait(false)).ConfigureAwait(false);
                changed = changed.IsCompleted ? watch.ChangedAsync(cancellationToken) : changed;
                asked = asked.IsCompleted ? hangup.AskedAsync(cancellationToken).AsTask() : asked;
                watch.Known();
                await reload(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Whatever was watched for has ended.
        }
    }
}
