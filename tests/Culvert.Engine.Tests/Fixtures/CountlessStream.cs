using System.IO.Pipelines;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Tests.Fixtures;

/// <summary>
/// A stream that allocates nothing: a request that can be answered any number of times, and a response nobody reads.
/// </summary>
internal sealed class CountlessStream : EdgeStream, IDisposable
{
    private readonly NowhereWriter _output = new();

    public CountlessStream() => Request.SetLine("GET", "demo.example", "/path");

    public int Heads { get; private set; }

    public override RequestHead Request { get; } = new();

    public override PipeReader Input { get; } = PipeReader.Create(Stream.Null);

    public override PipeWriter Output => _output;

    public override CancellationToken Aborted => CancellationToken.None;

    public override bool HeadSent => false;

    public override void SendHead(ResponseHead head) => Heads++;

    public override void AddTrailer(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
    }

    public override ValueTask RejectAsync(ResponseSource source, string reason, CancellationToken cancellationToken) =>
        ValueTask.FromException(new InvalidOperationException(reason));

    public override void Abort()
    {
    }

    public void Dispose() => Request.Clear();

    private sealed class NowhereWriter : PipeWriter
    {
        private readonly byte[] _buffer = new byte[64 * 1024];

        public override void Advance(int bytes)
        {
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => _buffer;

        public override Span<byte> GetSpan(int sizeHint = 0) => _buffer;

        public override void CancelPendingFlush()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => default;
    }
}
