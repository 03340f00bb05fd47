using System.Buffers;
using System.IO.Pipelines;
using Culvert.CapnProto.Framing;
using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Rpc;
using Culvert.CapnProto.Rpc.Schema;

namespace Culvert.CapnProto.Tests.Allocation;

/// <summary>The steady state of reading and writing allocates nothing: exactly 0 bytes, not few.</summary>
public class AllocationTests
{
    private const int WarmUp = 500;
    private const int Rounds = 10_000;

    [Fact]
    public void Messages_in_one_or_many_segments_allocate_nothing()
    {
        using var builder = new MessageBuilder();
        using var message = new MessageReader();
        var pipe = new Pipe(new PipeOptions(useSynchronizationContext: false));
        var segments = Messages.Words.Frame([Messages.Words.Far(2, 0)], [], [Messages.Words.Struct(0, 1, 0), 2]);
        var seen = 0ul;
        AssertAllocatesNothing(() =>
        {
            builder.Reset();
            var payload = OutgoingMessages.Call(builder, 1, 2, 3, null, 0);
            var content = payload.Content.InitStruct(new StructSize(1, 2));
            content.GetPointer(0).SetText("text of characters");
            content.GetPointer(1).InitStructs(2, new StructSize(1, 0)).GetStruct(1).SetUInt64(0, 40);
            OutgoingMessages.CapTable(payload, []);
            builder.WriteFrame(pipe.Writer);
            pipe.Writer.Write(segments);
            var flush = pipe.Writer.FlushAsync();
            Assert.True(flush.IsCompletedSuccessfully);

            Read(message, pipe);
            var read = new Call(new Message(message.Root.AsStruct()).Body).Params.Content.AsStruct();
            seen += (ulong)read.GetText(0).Length + read.GetList(1).GetStruct(1).GetUInt64(0);
            Read(message, pipe);
            seen += message.Root.AsStruct().GetUInt64(0);
            message.Reset();
        });
        Assert.Equal(60ul * (WarmUp + Rounds), seen);
    }

    private static void Read(MessageReader message, Pipe pipe)
    {
        var reading = message.ReadFrameAsync(pipe.Reader);
        Assert.True(reading.IsCompletedSuccessfully && reading.Result);
    }

    private static void AssertAllocatesNothing(Action round)
    {
        for (var i = 0; i < WarmUp; i++)
        {
            round();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Rounds; i++)
        {
            round();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
