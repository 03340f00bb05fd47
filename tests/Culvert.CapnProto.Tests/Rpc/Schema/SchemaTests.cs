using System.Reflection;
using System.Text;
using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Rpc;
using Culvert.CapnProto.Rpc.Schema;
using Culvert.CapnProto.Tests.Tool;

namespace Culvert.CapnProto.Tests.Rpc.Schema;

/// <summary>Our views of rpc.capnp against the schema's own compiler, in both directions.</summary>
public class SchemaTests
{
    private const string File = "rpc.capnp";

    [ToolFact]
    public async Task Ids_and_sizes_are_the_schemas()
    {
        var structs = await SchemaNodes.StructsAsync(File);
        var views = typeof(Message).Assembly.GetTypes().Where(
            t => t.IsValueType && t.Namespace == typeof(Message).Namespace && t.GetField("TypeId") is not null).ToList();
        Assert.Equal(14, views.Count);
        foreach (var view in views)
        {
            var (name, size) = structs[(ulong)view.GetField("TypeId")!.GetRawConstantValue()!];
            Assert.Equal(name == "Exception" ? nameof(ExceptionInfo) : name, view.Name);
            Assert.Equal(size, view.GetField("Size", BindingFlags.Static | BindingFlags.Public)!.GetValue(null));
        }

        Assert.Contains(RpcSchema.FileId, (await SchemaNodes.NamesAsync(File)).Keys);
    }

    [ToolFact]
    public async Task Tool_reads_what_we_write()
    {
        await AssertDecodesAsync("(bootstrap = (questionId = 3))", OutgoingMessages.Bootstrap(3));
        await AssertDecodesAsync("(finish = (questionId = 4, releaseResultCaps = false))", OutgoingMessages.Finish(4, false));
        await AssertDecodesAsync("(finish = (questionId = 4, releaseResultCaps = true))", OutgoingMessages.Finish(4, true));
        await AssertDecodesAsync("(release = (id = 5, referenceCount = 6))", OutgoingMessages.Release(5, 6));
        await AssertDecodesAsync(
            """(abort = (reason = "rpc: shutdown", obsoleteIsCallersFault = false, obsoleteDurability = 0, type = failed))""",
            OutgoingMessages.Abort("rpc: shutdown"));
        await AssertDecodesAsync(
            """
            (return = (answerId = 7, releaseParamCaps = false, exception = (reason = "r", obsoleteIsCallersFault = false,
             obsoleteDurability = 0, type = disconnected)))
            """,
            OutgoingMessages.ExceptionResult(7, RpcExceptionType.Disconnected, "r"));
        await AssertDecodesAsync(
            "(return = (answerId = 8, releaseParamCaps = false, canceled = void))", OutgoingMessages.CanceledResult(8));
        var call = new MessageBuilder();
        var payload = OutgoingMessages.Call(call, 9, 0xf71695ec7fe85497, 2, null, 1);
        payload.Content.SetText("x");
        OutgoingMessages.CapTable(payload, [11]);
        await AssertDecodesAsync(
            """
            (call = (questionId = 9, target = (promisedAnswer = (questionId = 1, transform = [])),
             interfaceId = 17804583019846587543, methodId = 2, params = (content = <opaque pointer>,
             capTable = [(senderHosted = 11)]), sendResultsTo = (caller = void), allowThirdPartyTailCall = false))
            """,
            call);
    }

    [ToolFact]
    public async Task We_read_what_the_tool_writes()
    {
        var call = new Call((await EncodeAsync(
            """
            (call = (questionId = 1,
             target = (promisedAnswer = (questionId = 2, transform = [(noop = void), (getPointerField = 3)])),
             interfaceId = 4, methodId = 5, params = (capTable = [(receiverHosted = 6), (none = void)]),
             sendResultsTo = (yourself = void), allowThirdPartyTailCall = true))
            """)).Body);
        var promised = call.Target.PromisedAnswer;
        Assert.Equal((1u, 4ul, (ushort)5), (call.QuestionId, call.InterfaceId, call.MethodId));
        Assert.Equal((TargetKind.PromisedAnswer, 2u), (call.Target.Kind, promised.QuestionId));
        Assert.Equal(PromisedAnswer.Op.Noop, new PromisedAnswer.Op(promised.Transform.GetStruct(0)).Kind);
        Assert.Equal(3, new PromisedAnswer.Op(promised.Transform.GetStruct(1)).PointerField);
        var capability = new CapDescriptor(call.Params.CapTable.GetStruct(0));
        Assert.Equal((CapKind.ReceiverHosted, 6u), (capability.Kind, capability.Id));
        Assert.Equal((SendResultsTo.Yourself, true), (call.SendResultsTo, call.AllowThirdPartyTailCall));

        var import = new Call((await EncodeAsync("(call = (target = (importedCap = 9)))")).Body).Target;
        Assert.Equal((TargetKind.ImportedCap, 9u), (import.Kind, import.ImportedCap));

        var result = new Return(
            (await EncodeAsync("""(return = (answerId = 1, exception = (reason = "é", type = overloaded)))""")).Body);
        Assert.Equal((1u, true, ReturnKind.Exception), (result.AnswerId, result.ReleaseParamCaps, result.Kind));
        Assert.Equal("é", Encoding.UTF8.GetString(result.Exception.Reason));
        Assert.Equal(RpcExceptionType.Overloaded, result.Exception.Type);

        var disembargo = new Disembargo(
            (await EncodeAsync("(disembargo = (target = (importedCap = 1), context = (receiverLoopback = 7)))")).Body);
        Assert.Equal((DisembargoContext.ReceiverLoopback, 7u), (disembargo.Context, disembargo.ContextValue));

        var resolve = new Resolve((await EncodeAsync("(resolve = (promiseId = 8, exception = (reason = \"x\")))")).Body);
        Assert.Equal((8u, (ushort)1), (resolve.PromiseId, resolve.Kind));
        Assert.False(new Finish((await EncodeAsync("(finish = (releaseResultCaps = false))")).Body).ReleaseResultCaps);
        var release = new Release((await EncodeAsync("(release = (id = 2, referenceCount = 3))")).Body);
        Assert.Equal((2u, 3u), (release.Id, release.ReferenceCount));
    }

    private static async Task AssertDecodesAsync(string expected, MessageBuilder message) => Assert.Equal(
        expected.ReplaceLineEndings(""), await CapnpTool.DecodeAsync(File, "Message", message.Frame));

    private static async Task<Message> EncodeAsync(string text)
    {
        var message = new MessageReader();
        message.Open(await CapnpTool.EncodeAsync(File, "Message", text.ReplaceLineEndings("")));
        return new Message(message.Root.AsStruct());
    }
}
