using System.IO.Pipelines;
using Culvert.CapnProto.Rpc;
using Culvert.CapnProto.Tests.Streams;

namespace Culvert.CapnProto.Tests.Rpc;

public class OutboundQueueTests
{
    [Fact]
    public async Task Reader_waits_while_too_much_is_unsent()
    {
        using var queue = new OutboundQueue(room: 2);
        for (var i = 0; i < 5; i++)
        {
            queue.Add(OutgoingMessages.Finish(0, false));
        }

        var waiting = queue.WaitForRoomAsync(default).AsTask();
        Assert.False(waiting.IsCompleted);
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 50, resumeWriterThreshold: 40));
        var writing = queue.WriteToAsync(pipe.Writer, default);

        // Two messages of 40 bytes reach the pipe's limit: three of five are still here.
        await pipe.Reader.TakeAsync(40);
        await pipe.Reader.TakeAsync(40);
        await waiting.Within();
        queue.Complete(drain: true);
        Assert.Equal(120, (await pipe.Reader.DrainAsync()).Length);
        Assert.Null(await writing.Within());
    }

    [Fact]
    public async Task Each_message_is_flushed_on_its_own()
    {
        using var queue = new OutboundQueue(room: 2);
        queue.Add(OutgoingMessages.Bootstrap(0));
        queue.Add(OutgoingMessages.Finish(0, false));
        queue.Complete(drain: true);
        var writer = new CountingWriter();
        Assert.Null(await queue.WriteToAsync(writer, default).Within());
        Assert.Equal([48, 40], writer.Flushed);
        Assert.True(writer.IsCompleted);
    }

    [Fact]
    public async Task Dropped_messages_are_not_written()
    {
        using var queue = new OutboundQueue(room: 2);
        queue.Add(OutgoingMessages.Bootstrap(0));
        queue.Complete(drain: false);
        queue.Add(OutgoingMessages.Bootstrap(1));
        var writer = new CountingWriter();
        Assert.Null(await queue.WriteToAsync(writer, default).Within());
        Assert.Empty(writer.Flushed);
        Assert.True(writer.IsCompleted);
    }

    private sealed class CountingWriter : PipeWriter
    {
        private readonly byte[] _buffer = new byte[4096];
        private int _unflushed;

        public List<int> Flushed { get; } = [];

        public bool IsCompleted { get; private set; }

        public override void Advance(int bytes) => _unflushed += bytes;

        public override Memory<byte> GetMemory(int sizeHint = 0) => _buffer;

        public override Span<byte> GetSpan(int sizeHint = 0) => _buffer;

        public override void CancelPendingFlush()
        {
        }

        public override void Complete(Exception? exception = null) => IsCompleted = true;

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            Flushed.Add(_unflushed);
            _unflushed = 0;
            return default;
        }
    }
}
