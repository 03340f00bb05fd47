using System.IO.Pipelines;

namespace Culvert.Transports.Streams;

/// <summary>
/// Copies raw bytes both ways between two connections. The end of either direction ends both, as visitors of the original
/// expect (http2-and-proxy, section 4.9).
/// </summary>
public static class TwoWayCopy
{
    /// <summary>Copies until a direction ends, and waits for the other one to have stopped. No side is completed.</summary>
    /// <param name="leftInput">What the left side sends: the side whose broken end must never look like an orderly one.</param>
    /// <param name="rightOutput">Where it goes.</param>
    /// <param name="rightInput">What the right side sends.</param>
    /// <param name="leftOutput">Where it goes.</param>
    /// <param name="cancellationToken">Ends both directions.</param>
    /// <param name="rightCount">Counts what goes to the right side; null for nothing.</param>
    /// <param name="leftCount">Counts what goes to the left side; null for nothing.</param>
    /// <exception cref="IOException">The left side failed, or the right side failed before anything else ended.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static async Task RunAsync(
        PipeReader leftInput,
        PipeWriter rightOutput,
        PipeReader rightInput,
        PipeWriter leftOutput,
        CancellationToken cancellationToken,
        ByteCount? rightCount = null,
        ByteCount? leftCount = null)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var toRight = PipeCopy.RunAsync(leftInput, rightOutput, ended.Token, rightCount).AsTask();
        var toLeft = PipeCopy.RunAsync(rightInput, leftOutput, ended.Token, leftCount).AsTask();
        var first = await Task.WhenAny(toRight, toLeft).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        await ((Task)Task.WhenAll(toRight, toLeft)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await (toRight.IsFaulted ? toRight : first).ConfigureAwait(false);
    }
}
