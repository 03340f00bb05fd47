using System.IO.Pipelines;

namespace Culvert.Engine.Tests.Fixtures;

/// <summary>
/// A reader whose user is held when it has used what it read, as a thread is that the system takes off the processor.
/// </summary>
internal sealed class LateReader(PipeReader reader) : PipeReader, IDisposable
{
    private readonly ManualResetEventSlim _mayGoOn = new();

    /// <summary>Lets the user go on.</summary>
    public void GoOn() => _mayGoOn.Set();

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        Assert.True(_mayGoOn.Wait(TimeSpan.FromSeconds(20)));
        reader.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => reader.CancelPendingRead();

    public override void Complete(Exception? exception = null) => reader.Complete(exception);

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        reader.ReadAsync(cancellationToken);

    public override bool TryRead(out ReadResult result) => reader.TryRead(out result);

    public void Dispose() => _mayGoOn.Dispose();
}
