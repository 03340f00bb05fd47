using System.Buffers;
using System.IO.Pipelines;

namespace Culvert.Harness.Operations;

/// <summary>A pipe whose content is there at once, ends after it, and can be read again after <see cref="Rewind"/>.</summary>
internal sealed class RepeatingReader(ReadOnlySequence<byte> content) : PipeReader
{
    private ReadOnlySequence<byte> _left;

    /// <summary>Makes all of the content readable; nothing is before the first call.</summary>
    public void Rewind() => _left = content;

    public override bool TryRead(out ReadResult result)
    {
        result = new ReadResult(_left, isCanceled: false, isCompleted: true);
        return true;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        _ = TryRead(out var result);
        return new ValueTask<ReadResult>(result);
    }

    public override void AdvanceTo(SequencePosition consumed) => _left = _left.Slice(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => AdvanceTo(consumed);

    public override void CancelPendingRead()
    {
    }

    public override void Complete(Exception? exception = null)
    {
    }
}
