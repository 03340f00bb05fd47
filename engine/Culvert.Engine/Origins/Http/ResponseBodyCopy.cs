using System.IO.Pipelines;

namespace Culvert.Engine.Origins.Http;

/// <summary>
/// Copies a response body to the tunnel. What the origin sent is flushed whenever the origin pauses, whatever its content
/// type, so the first event of a stream leaves at once and a bulk download leaves in large writes.
/// </summary>
internal static class ResponseBodyCopy
{
    /// <summary>Bytes collected before a flush while the origin keeps sending.</summary>
    private const int FlushBytes = 64 * 1024;

    private const int ReadBytes = 16 * 1024;

    public static async ValueTask RunAsync(Stream body, PipeWriter output, CancellationToken cancellationToken)
    {
        var unflushed = 0;
        var headWaits = true;
        while (true)
        {
            // A read of nothing waits for bytes without a buffer, so a silent origin holds none.
            var available = body.ReadAsync(Memory<byte>.Empty, cancellationToken);
            if (!available.IsCompleted && (unflushed > 0 || headWaits))
            {
                await FlushAsync(output, cancellationToken).ConfigureAwait(false);
                (unflushed, headWaits) = (0, false);
            }

            await available.ConfigureAwait(false);
            var read = await body.ReadAsync(output.GetMemory(ReadBytes), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                break;
            }

            output.Advance(read);
            unflushed += read;
            if (unflushed >= FlushBytes)
            {
                await FlushAsync(output, cancellationToken).ConfigureAwait(false);
                (unflushed, headWaits) = (0, false);
            }
        }

        if (unflushed > 0)
        {
            await FlushAsync(output, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Flushes, and stops the copy when the other end reads no more.</summary>
    internal static async ValueTask FlushAsync(PipeWriter output, CancellationToken cancellationToken)
    {
        var result = await output.FlushAsync(cancellationToken).ConfigureAwait(false);
        if (result.IsCompleted || result.IsCanceled)
        {
            throw new OperationCanceledException("the edge reads no more");
        }
    }
}
