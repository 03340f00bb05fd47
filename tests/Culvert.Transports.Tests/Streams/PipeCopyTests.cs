using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Culvert.CapnProto.Tests.Streams;
using Culvert.Transports.Streams;

namespace Culvert.Transports.Tests.Streams;

public class PipeCopyTests
{
    private readonly Pipe _source = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly Pipe _destination = new(new PipeOptions(pauseWriterThreshold: 0));

    [Fact]
    public async Task Bytes_leave_when_the_source_pauses()
    {
        var copy = PipeCopy.RunAsync(_source.Reader, _destination.Writer, default);
        await _source.Writer.WriteAsync("first"u8.ToArray());
        Assert.Equal("first", Encoding.ASCII.GetString(await _destination.Reader.TakeAsync(5)));
        await _source.Writer.WriteAsync("next"u8.ToArray());
        Assert.Equal("next", Encoding.ASCII.GetString(await _destination.Reader.TakeAsync(4)));
        await _source.Writer.CompleteAsync();

        Assert.True(await copy.Within());
    }

    [Fact]
    public async Task What_was_written_before_leaves_at_the_first_pause()
    {
        _destination.Writer.Write("head"u8);
        var copy = PipeCopy.RunAsync(_source.Reader, _destination.Writer, default);

        Assert.Equal("head", Encoding.ASCII.GetString(await _destination.Reader.TakeAsync(4)));
        await _source.Writer.CompleteAsync();
        Assert.True(await copy.Within());
    }

    [Fact]
    public async Task Busy_source_is_flushed_in_large_writes()
    {
        var source = new BusyReader(pieces: 32, pieceBytes: 4096);
        var destination = new CountingWriter(_destination.Writer);

        Assert.True(await PipeCopy.RunAsync(source, destination, default).Within());
        await _destination.Writer.CompleteAsync();
        Assert.Equal(32 * 4096, (await _destination.Reader.DrainAsync()).Length);
        Assert.Equal(2, destination.Flushes);
    }

    [Fact]
    public async Task Neither_side_is_completed()
    {
        await _source.Writer.WriteAsync("a"u8.ToArray());
        await _source.Writer.CompleteAsync();
        Assert.True(await PipeCopy.RunAsync(_source.Reader, _destination.Writer, default).Within());
        await _destination.Writer.WriteAsync("b"u8.ToArray());

        Assert.Equal("ab", Encoding.ASCII.GetString(await _destination.Reader.TakeAsync(2)));
        Assert.True((await _source.Reader.ReadAsync()).IsCompleted);
    }

    [Fact]
    public async Task Destination_that_takes_no_more_ends_the_copy()
    {
        var copy = PipeCopy.RunAsync(_source.Reader, _destination.Writer, default);
        await _destination.Reader.CompleteAsync();
        await _source.Writer.WriteAsync(new byte[100]);

        Assert.False(await copy.Within());
    }

    [Fact]
    public async Task Cancellation_ends_a_copy_that_waits_for_bytes()
    {
        using var cancelled = new CancellationTokenSource();
        var copy = PipeCopy.RunAsync(_source.Reader, _destination.Writer, cancelled.Token);
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => copy.Within());
    }

    [Fact]
    public async Task Failure_of_the_source_reaches_the_caller()
    {
        var copy = PipeCopy.RunAsync(_source.Reader, _destination.Writer, default);
        await _source.Writer.CompleteAsync(new IOException("cut"));

        Assert.Equal("cut", (await Assert.ThrowsAsync<IOException>(() => copy.Within())).Message);
    }

    /// <summary>Always has the next piece ready, and ends with the last one.</summary>
    private sealed class BusyReader(int pieces, int pieceBytes) : PipeReader
    {
        private int _left = pieces;

        public override bool TryRead(out ReadResult result)
        {
            _left--;
            result = new ReadResult(new ReadOnlySequence<byte>(new byte[pieceBytes]), isCanceled: false, isCompleted: _left == 0);
            return true;
        }

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
            throw new InvalidOperationException("There is no pause.");

        public override void AdvanceTo(SequencePosition consumed)
        {
        }

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
        {
        }

        public override void CancelPendingRead()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }
    }

    private sealed class CountingWriter(PipeWriter inner) : PipeWriter
    {
        public int Flushes { get; private set; }

        public override void Advance(int bytes) => inner.Advance(bytes);

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            Flushes++;
            return inner.FlushAsync(cancellationToken);
        }
    }
}
