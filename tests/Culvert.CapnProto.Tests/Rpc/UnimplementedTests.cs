using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Rpc.Schema;

namespace Culvert.CapnProto.Tests.Rpc;

public class UnimplementedTests
{
    private readonly RawPeer _peer = new(new TestCapability());

    [Theory]
    [InlineData((ushort)MessageKind.Resolve)]
    [InlineData((ushort)MessageKind.ObsoleteSave)]
    [InlineData((ushort)MessageKind.ObsoleteDelete)]
    [InlineData((ushort)MessageKind.Provide)]
    [InlineData((ushort)MessageKind.Accept)]
    [InlineData((ushort)MessageKind.Join)]
    [InlineData((ushort)14)]
    [InlineData((ushort)0xffff)]
    public async Task Other_messages_are_sent_back_whole(ushort kind)
    {
        var message = new MessageBuilder();
        var body = Message.Init(message, (MessageKind)kind, new StructSize(1, 2));
        body.SetUInt64(0, 0x1122334455667788);
        body.GetPointer(1).SetText("anything");
        await _peer.SendAsync(message);
        var echo = new Message((await _peer.ReceiveAsync(MessageKind.Unimplemented)).Body);
        Assert.Equal((MessageKind)kind, echo.Kind);
        Assert.Equal(0x1122334455667788ul, echo.Body.GetUInt64(0));
        Assert.Equal("anything"u8.ToArray(), echo.Body.GetText(1).ToArray());
    }

    [Fact]
    public async Task Unimplemented_is_never_answered()
    {
        var message = new MessageBuilder();
        Message.Init(message, MessageKind.Unimplemented, Message.Size).SetUInt16(0, (ushort)MessageKind.Call);
        await _peer.SendAsync(message);
        await _peer.SendBootstrapAsync(0);
        await _peer.AssertReturnAsync(0, ReturnKind.Results);
    }

    [Fact]
    public async Task Call_for_a_target_of_another_kind_is_sent_back()
    {
        var message = new MessageBuilder();
        var call = Message.Init(message, MessageKind.Call, Call.Size);
        call.SetUInt32(0, 5);
        call.GetPointer(0).InitStruct(MessageTarget.Size).SetUInt16(4, 2);
        await _peer.SendAsync(message);
        var echo = new Message((await _peer.ReceiveAsync(MessageKind.Unimplemented)).Body);
        Assert.Equal(5u, new Call(echo.Body).QuestionId);
    }

    [Fact]
    public async Task Echo_of_shared_pointers_does_not_grow()
    {
        // Each struct points twice at the next: 24 words, but 2048 when copied pointer by pointer.
        var words = new List<ulong> { Messages.Words.Struct(0, 1, 1), (ulong)MessageKind.Resolve };
        for (var i = 0; i < 10; i++)
        {
            words.Add(Messages.Words.Struct(words.Count == 2 ? 0 : 1, 0, 2));
            words.Add(Messages.Words.Struct(0, 0, 2));
        }

        words.RemoveAt(3);
        words.AddRange([0, 0]);
        await _peer.Stream.Output.WriteAsync(Messages.Words.Frame([.. words]));
        var echo = await _peer.ReceiveAsync(MessageKind.Unimplemented);
        Assert.Equal(0, echo.Body.DataBytes);
        await _peer.SendBootstrapAsync(0);
        await _peer.AssertReturnAsync(0, ReturnKind.Results);
    }

    [Fact]
    public async Task Disembargo_aborts()
    {
        var message = new MessageBuilder();
        new Disembargo.Builder(Message.Init(message, MessageKind.Disembargo, Disembargo.Size)).InitTarget();
        await _peer.SendAsync(message);
        await _peer.AssertAbortAsync("rpc: disembargo for an unknown target");
    }
}
