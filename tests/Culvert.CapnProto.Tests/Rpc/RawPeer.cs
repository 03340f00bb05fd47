using System.IO.Pipelines;
using Culvert.CapnProto.Framing;
using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Rpc;
using Culvert.CapnProto.Rpc.Schema;
using Culvert.CapnProto.Tests.Streams;

namespace Culvert.CapnProto.Tests.Rpc;

/// <summary>The other vat, played message by message.</summary>
internal sealed class RawPeer
{
    public const ulong Interface = 0xabc;

    public RawPeer(ICapability? bootstrap = null, RpcOptions? options = null, TimeProvider? time = null)
    {
        var stream = new DuplexPair();
        Stream = stream.Far;
        Connection = new RpcConnection(stream.Near, bootstrap, options, time);
    }

    public IDuplexPipe Stream { get; }

    public RpcConnection Connection { get; }

    public async Task SendAsync(MessageBuilder message)
    {
        await Stream.Output.WriteAsync(message.Frame);
        message.Dispose();
    }

    /// <summary>The next message of the connection under test.</summary>
    public async Task<Message> ReceiveAsync()
    {
        var message = new MessageReader();
        Assert.True(await message.ReadFrameAsync(Stream.Input).Within(), "the connection ended");
        return new Message(message.Root.AsStruct());
    }

    public async Task<Message> ReceiveAsync(MessageKind kind)
    {
        var message = await ReceiveAsync();
        Assert.Equal(kind, message.Kind);
        return message;
    }

    public async Task AssertEndAsync() => Assert.False(await new MessageReader().ReadFrameAsync(Stream.Input).Within());

    /// <summary>Asserts that the connection gives up for a reason.</summary>
    public async Task AssertAbortAsync(string reason)
    {
        var abort = new ExceptionInfo((await ReceiveAsync(MessageKind.Abort)).Body);
        Assert.Equal(reason, RpcText.Read(abort.Reason));
        Assert.Equal(RpcExceptionType.Failed, abort.Type);
        await AssertEndAsync();
    }

    public async Task AssertFinishAsync(uint question, bool releaseResultCaps)
    {
        var finish = new Finish((await ReceiveAsync(MessageKind.Finish)).Body);
        Assert.Equal((question, releaseResultCaps), (finish.QuestionId, finish.ReleaseResultCaps));
    }

    public async Task<Return> AssertReturnAsync(uint answer, ReturnKind kind)
    {
        var result = new Return((await ReceiveAsync(MessageKind.Return)).Body);
        Assert.Equal((answer, kind), (result.AnswerId, result.Kind));
        Assert.False(result.ReleaseParamCaps);
        return result;
    }

    public async Task AssertExceptionAsync(uint answer, string reason, RpcExceptionType type = RpcExceptionType.Failed)
    {
        var exception = (await AssertReturnAsync(answer, ReturnKind.Exception)).Exception;
        Assert.Equal((reason, type), (RpcText.Read(exception.Reason), exception.Type));
    }

    public Task SendBootstrapAsync(uint question) => SendAsync(OutgoingMessages.Bootstrap(question));

    public Task SendCallAsync(uint question, ushort method, uint? importedCap = 0, uint promisedAnswer = 0, ulong argument = 0)
    {
        var message = new MessageBuilder();
        var payload = OutgoingMessages.Call(message, question, Interface, method, importedCap, promisedAnswer);
        payload.Content.InitStruct(new StructSize(1, 0)).SetUInt64(0, argument);
        OutgoingMessages.CapTable(payload, []);
        return SendAsync(message);
    }

    public Task SendFinishAsync(uint question, bool releaseResultCaps = false) =>
        SendAsync(OutgoingMessages.Finish(question, releaseResultCaps));

    /// <summary>Answers a call with a number.</summary>
    public Task SendNumberAsync(uint answer, ulong number)
    {
        var message = new MessageBuilder();
        var payload = OutgoingMessages.Return(message, answer, ReturnKind.Results).InitResults();
        payload.Content.InitStruct(new StructSize(1, 0)).SetUInt64(0, number);
        OutgoingMessages.CapTable(payload, []);
        return SendAsync(message);
    }

    /// <summary>Answers with one capability of any kind, as a bootstrap does.</summary>
    public Task SendCapabilityAsync(uint answer, uint id, CapKind kind = CapKind.SenderHosted)
    {
        var message = new MessageBuilder();
        var payload = OutgoingMessages.Return(message, answer, ReturnKind.Results).InitResults();
        payload.Content.SetCapability(0);
        _ = new CapDescriptor.Builder(payload.InitCapTable(1).GetStruct(0)) { Kind = kind, Id = id };
        return SendAsync(message);
    }

    /// <summary>Makes a call of the connection under test, which sends and expects a number.</summary>
    public static Task<ulong> Call(RemoteCapability target, CancellationToken cancellationToken = default) => target.CallAsync(
        Interface,
        1,
        5ul,
        static (content, number) => content.InitStruct(new StructSize(1, 0)).SetUInt64(0, number),
        static content => content.AsStruct().GetUInt64(0),
        cancellationToken).AsTask();
}
