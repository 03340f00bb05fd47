using System.IO.Pipelines;

namespace Culvert.Engine.Origins.Http.Requests;

/// <summary>
/// Finds the length of a body that was not announced, for origins that must not be sent chunks. The original sends such bodies
/// without any framing (defect 6 of http2-and-proxy, section 14.1).
/// </summary>
internal static class MeasuredBody
{
    /// <summary>Largest body that is held back until its end is known.</summary>
    public const int MaxBytes = 256 * 1024;

    /// <summary>Waits for the end of the body. Nothing is consumed.</summary>
    /// <exception cref="RequestFormatException">The body is larger than <see cref="MaxBytes"/>.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static async ValueTask<long> LengthAsync(PipeReader body, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await body.ReadAsync(cancellationToken).ConfigureAwait(false);
            var length = read.Buffer.Length;
            body.AdvanceTo(read.Buffer.Start, read.IsCompleted ? read.Buffer.Start : read.Buffer.End);
            if (length > MaxBytes)
            {
                throw new RequestFormatException(
                    $"disableChunkedEncoding: the request announces no length and its body is larger than {MaxBytes} bytes");
            }

            if (read.IsCompleted)
            {
                return length;
            }
        }
    }
}
