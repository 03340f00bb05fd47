using System.IO.Pipelines;

namespace Culvert.Harness.Operations;

/// <summary>A pipe that takes everything into the same memory again and again.</summary>
internal sealed class OverwritingWriter(int size) : PipeWriter
{
    private readonly byte[] _memory = new byte[size];
    private int _filled;

    public override void Advance(int bytes) => _filled += bytes;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_memory.Length - _filled < Math.Max(sizeHint, 1))
        {
            _filled = 0;
        }

        return _memory.AsMemory(_filled);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        _filled = 0;
        return default;
    }

    public override void CancelPendingFlush()
    {
    }

    public override void Complete(Exception? exception = null)
    {
    }
}
