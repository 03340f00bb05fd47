using System.IO.Pipelines;

namespace Culvert.Transports.Http2.EdgeRole;

/// <summary>The writer of a request without a body: whoever reads it is told that the request side has ended.</summary>
internal sealed class CompletedWriter : PipeWriter
{
    public static readonly CompletedWriter Instance = new();

    public override void Advance(int bytes)
    {
        if (bytes != 0)
        {
            throw new InvalidOperationException("The request has no body.");
        }
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => throw new InvalidOperationException("The request has no body.");

    public override Span<byte> GetSpan(int sizeHint = 0) => throw new InvalidOperationException("The request has no body.");

    public override void CancelPendingFlush()
    {
    }

    public override void Complete(Exception? exception = null)
    {
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(new FlushResult(isCanceled: false, isCompleted: true));
}
