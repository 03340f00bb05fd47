using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Culvert.Transports.AsyncMethods;

namespace Culvert.Transports.Streams;

/// <summary>Copies one direction of a stream.</summary>
public static class PipeCopy
{
    /// <summary>Most bytes written before a flush.</summary>
    private const int FlushBytes = 64 * 1024;

    /// <summary>Room asked for at a time; every writer has as much.</summary>
    private const int LeastRoom = 2048;

    /// <summary>
    /// Copies until the source ends. Bytes are flushed whenever the source pauses, so nothing is held back, and in large
    /// writes while it does not. Neither side is completed.
    /// </summary>
    /// <param name="source">Where bytes come from.</param>
    /// <param name="destination">
    /// Where they go. What was written before the call is flushed with the first bytes, or at the first pause.
    /// </param>
    /// <param name="cancellationToken">Ends the copy.</param>
    /// <param name="count">Counts what is copied; null for nothing.</param>
    /// <returns>True when the source ended; false when the destination takes no more bytes.</returns>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    public static async ValueTask<bool> RunAsync(
        PipeReader source, PipeWriter destination, CancellationToken cancellationToken, ByteCount? count = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        var unflushed = 0L;
        while (true)
        {
            if (!source.TryRead(out var read))
            {
                if ((await destination.FlushAsync(cancellationToken).ConfigureAwait(false)).IsCompleted)
                {
                    return false;
                }

                unflushed = 0;
                read = await source.ReadAsync(cancellationToken).ConfigureAwait(false);
            }

            // A fast source may have megabytes ready, which must not all end up in the destination's buffers.
            var run = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, FlushBytes - unflushed));
            var isLast = read.IsCompleted && run.Length == read.Buffer.Length;
            foreach (var segment in run)
            {
                Write(destination, segment.Span);
            }

            unflushed += run.Length;
            count?.Add(run.Length);
            source.AdvanceTo(run.End);
            if (read.IsCanceled)
            {
                throw new OperationCanceledException("the copy was cancelled");
            }

            if (unflushed >= FlushBytes || isLast)
            {
                var flushed = await destination.FlushAsync(cancellationToken).ConfigureAwait(false);
                unflushed = 0;
                if (isLast || flushed.IsCompleted)
                {
                    return isLast;
                }
            }
        }
    }

    /// <summary>Copies bytes into a writer; they leave with its next flush.</summary>
    /// <param name="destination">Where they go.</param>
    /// <param name="source">Any number of bytes.</param>
    // Not the platform's Write: before a response has started, Kestrel gives an empty span to who asks for any size.
    public static void Write(PipeWriter destination, ReadOnlySpan<byte> source)
    {
        while (!source.IsEmpty)
        {
            var span = destination.GetSpan(Math.Min(source.Length, LeastRoom));
            var length = Math.Min(source.Length, span.Length);
            source[..length].CopyTo(span);
            destination.Advance(length);
            source = source[length..];
        }
    }
}
