using System.IO.Pipelines;
using Culvert.CapnProto.Framing;
using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Tests.Messages;
using Culvert.CapnProto.Tests.Streams;

namespace Culvert.CapnProto.Tests.Framing;

public class FramedPipeTests
{
    private static readonly byte[] One = Words.Frame([Words.Struct(0, 1, 0), 1]);
    private static readonly byte[] Two = Words.Frame([Words.Far(2, 0)], [], [Words.Struct(0, 1, 0), 2]);

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(1000)]
    public async Task Frames_are_found_in_any_fragmentation(int fragment)
    {
        var pipe = new Pipe();
        byte[] bytes = [.. One, .. Two, .. One];
        var feeding = Task.Run(async () =>
        {
            for (var at = 0; at < bytes.Length; at += fragment)
            {
                await pipe.Writer.WriteAsync(bytes.AsMemory(at, Math.Min(fragment, bytes.Length - at)));
            }

            await pipe.Writer.CompleteAsync();
        });
        using var message = new MessageReader();
        foreach (var expected in (ulong[])[1, 2, 1])
        {
            Assert.True(await message.ReadFrameAsync(pipe.Reader).Within());
            Assert.Equal(expected, message.Root.AsStruct().GetUInt64(0));
        }

        Assert.False(await message.ReadFrameAsync(pipe.Reader).Within());
        await feeding;
    }

    [Fact]
    public async Task End_inside_a_frame_is_an_error()
    {
        for (var length = 1; length < Two.Length; length++)
        {
            var pipe = new Pipe();
            await pipe.Writer.WriteAsync(Two.AsMemory(0, length));
            await pipe.Writer.CompleteAsync();
            using var message = new MessageReader();
            await Assert.ThrowsAsync<CapnProtoException>(() => message.ReadFrameAsync(pipe.Reader).AsTask());
        }
    }

    [Theory]
    [InlineData(513, 1, "too many segments")]
    [InlineData(uint.MaxValue, 1, "too many segments")]
    [InlineData(0, 0x7fffff, null)]
    [InlineData(0, 0x800000, "too large")]
    [InlineData(0, uint.MaxValue, "too large")]
    [InlineData(2, 0x800000, "too large")]
    public async Task Header_is_checked_before_anything_is_kept(uint last, uint words, string? error)
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync((byte[])[.. BitConverter.GetBytes(last), .. BitConverter.GetBytes(words)]);
        using var message = new MessageReader();
        var reading = message.ReadFrameAsync(pipe.Reader).AsTask();
        if (error is not null)
        {
            Assert.Contains(error, (await Assert.ThrowsAsync<CapnProtoException>(() => reading.Within())).Message);
            return;
        }

        Assert.False(reading.IsCompleted);
        await pipe.Writer.CompleteAsync();
        await Assert.ThrowsAsync<CapnProtoException>(() => reading.Within());
    }

    [Fact]
    public async Task As_many_segments_as_allowed_are_read()
    {
        var segments = Enumerable.Repeat((ulong[])[], MessageLimits.LargestSegmentCount).ToArray();
        segments[0] = [Words.Far(512, 0)];
        segments[512] = [Words.Struct(0, 1, 0), 77];
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(Words.Frame(segments));
        using var message = new MessageReader();
        Assert.True(await message.ReadFrameAsync(pipe.Reader).Within());
        Assert.Equal(77ul, message.Root.AsStruct().GetUInt64(0));
    }

    [Fact]
    public async Task Message_limit_is_the_readers_own()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(One);
        await pipe.Writer.WriteAsync(Two);
        using var message = new MessageReader(new MessageLimits { MessageBytes = One.Length });
        Assert.True(await message.ReadFrameAsync(pipe.Reader).Within());
        await Assert.ThrowsAsync<CapnProtoException>(() => message.ReadFrameAsync(pipe.Reader).AsTask());
    }

    [Fact]
    public async Task Message_larger_than_the_pipes_threshold_does_not_stall()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 4096, resumeWriterThreshold: 2048));
        using var builder = new MessageBuilder();
        builder.Root.SetData(new byte[100_000]);
        var frame = builder.Frame.ToArray();
        var feeding = Task.Run(async () =>
        {
            for (var at = 0; at < frame.Length; at += 1000)
            {
                await pipe.Writer.WriteAsync(frame.AsMemory(at, Math.Min(1000, frame.Length - at)));
            }
        });
        using var message = new MessageReader();
        Assert.True(await message.ReadFrameAsync(pipe.Reader).Within());
        Assert.Equal(100_000, message.Root.AsData().Length);
        await feeding.Within();
    }

    [Fact]
    public async Task Cancelled_read_leaves_the_frame_in_the_pipe()
    {
        var pipe = new Pipe();
        using var message = new MessageReader();
        using var cancel = new CancellationTokenSource();
        var reading = message.ReadFrameAsync(pipe.Reader, cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        reading = message.ReadFrameAsync(pipe.Reader).AsTask();
        pipe.Reader.CancelPendingRead();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        await pipe.Writer.WriteAsync(One);
        Assert.True(await message.ReadFrameAsync(pipe.Reader).Within());
    }

    [Fact]
    public async Task Builder_writes_a_frame_that_the_reader_takes()
    {
        var pipe = new Pipe();
        using var builder = new MessageBuilder();
        builder.Root.SetText("over the pipe");
        builder.WriteFrame(pipe.Writer);
        await pipe.Writer.FlushAsync();
        using var message = new MessageReader();
        Assert.True(await message.ReadFrameAsync(pipe.Reader).Within());
        Assert.Equal("over the pipe"u8.ToArray(), message.Root.AsText().ToArray());
    }
}
