using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Rpc;
using Culvert.CapnProto.Rpc.Schema;
using Culvert.CapnProto.Tests.Streams;

namespace Culvert.CapnProto.Tests.Rpc;

public class CalleeTests
{
    private readonly TestCapability _capability = new();
    private readonly RawPeer _peer;

    public CalleeTests() => _peer = new RawPeer(_capability);

    [Fact]
    public async Task Bootstrap_gives_the_same_export_each_time_until_all_references_are_gone()
    {
        for (uint question = 0; question < 3; question++)
        {
            await _peer.SendBootstrapAsync(question);
            var results = (await _peer.AssertReturnAsync(question, ReturnKind.Results)).Results;
            Assert.Equal(0u, results.Content.AsCapability());
            var descriptor = new CapDescriptor(results.CapTable.GetStruct(0));
            Assert.Equal((CapKind.SenderHosted, 0u, 1), (descriptor.Kind, descriptor.Id, results.CapTable.Count));
        }

        await _peer.SendAsync(OutgoingMessages.Release(0, 2));
        await _peer.SendCallAsync(7, TestCapability.Echo, argument: 3);
        Assert.Equal(3ul, (await _peer.AssertReturnAsync(7, ReturnKind.Results)).Results.Content.AsStruct().GetUInt64(0));

        // A Finish that releases the results counts like a Release.
        await _peer.SendFinishAsync(1, releaseResultCaps: true);
        await _peer.SendCallAsync(8, TestCapability.Echo);
        await _peer.AssertExceptionAsync(8, "rpc: target not found");

        // The answers themselves still hold the capability.
        await _peer.SendCallAsync(9, TestCapability.Echo, importedCap: null, promisedAnswer: 2, argument: 4);
        await _peer.AssertReturnAsync(9, ReturnKind.Results);
    }

    [Fact]
    public async Task Vat_without_a_bootstrap_says_so()
    {
        var peer = new RawPeer();
        await peer.SendBootstrapAsync(0);
        await peer.AssertExceptionAsync(0, "rpc: no bootstrap interface");
        await peer.SendCallAsync(1, TestCapability.Echo, importedCap: null);
        await peer.AssertExceptionAsync(1, "rpc: no bootstrap interface");
    }

    [Fact]
    public async Task Call_with_an_unfinished_id_aborts()
    {
        await BootstrapAsync();
        await _peer.SendCallAsync(1, TestCapability.Echo);
        await _peer.AssertReturnAsync(1, ReturnKind.Results);
        await _peer.SendCallAsync(1, TestCapability.Echo);
        await _peer.AssertAbortAsync("rpc: question ID reused");
        var e = await Assert.ThrowsAsync<RpcException>(() => _peer.Connection.Completion.Within());
        Assert.Equal("rpc: question ID reused", e.Message);
    }

    [Fact]
    public async Task Bootstrap_with_an_unfinished_id_is_an_exception_and_no_more()
    {
        await BootstrapAsync();
        await _peer.SendBootstrapAsync(0);
        await _peer.AssertExceptionAsync(0, "rpc: question ID reused");
        await _peer.SendCallAsync(1, TestCapability.Void);
        await _peer.AssertReturnAsync(1, ReturnKind.Results);
    }

    [Fact]
    public async Task Finished_ids_are_used_again_at_once()
    {
        await BootstrapAsync();
        for (ulong i = 0; i < 1000; i++)
        {
            await _peer.SendCallAsync(1, TestCapability.Echo, argument: i);
            Assert.Equal(i, (await _peer.AssertReturnAsync(1, ReturnKind.Results)).Results.Content.AsStruct().GetUInt64(0));
            await _peer.SendFinishAsync(1);
        }
    }

    [Fact]
    public async Task Unknown_targets_and_methods_are_exceptions()
    {
        await BootstrapAsync();
        await _peer.SendCallAsync(1, TestCapability.Echo, importedCap: 1);
        await _peer.AssertExceptionAsync(1, "rpc: target not found");
        await _peer.SendCallAsync(2, TestCapability.Echo, importedCap: null, promisedAnswer: 99);
        await _peer.AssertExceptionAsync(2, "rpc: target not found");
        await _peer.SendCallAsync(3, TestCapability.Echo, importedCap: null, promisedAnswer: 3);
        await _peer.AssertExceptionAsync(3, "rpc: target not found");
        await _peer.SendCallAsync(4, 77);
        await _peer.AssertExceptionAsync(4, "@0xabc.@77: capnp: method not implemented");
        await _peer.SendCallAsync(5, TestCapability.Fail);
        await _peer.AssertExceptionAsync(5, "as asked", RpcExceptionType.Overloaded);

        // A call for an answer that failed fails alike.
        await _peer.SendCallAsync(6, TestCapability.Echo, importedCap: null, promisedAnswer: 5);
        await _peer.AssertExceptionAsync(6, "as asked");
    }

    [Fact]
    public async Task Null_pointers_everywhere_crash_nothing()
    {
        await BootstrapAsync();
        var call = new MessageBuilder();
        _ = new Call.Builder(Message.Init(call, MessageKind.Call, Call.Size)) { QuestionId = 1, MethodId = TestCapability.Echo };
        await _peer.SendAsync(call);
        Assert.Equal(0ul, (await _peer.AssertReturnAsync(1, ReturnKind.Results)).Results.Content.AsStruct().GetUInt64(0));

        // Without its struct a Call is question 0, which the bootstrap has.
        var nothing = new MessageBuilder();
        Message.Init(nothing, MessageKind.Call);
        await _peer.SendAsync(nothing);
        await _peer.AssertAbortAsync("rpc: question ID reused");
    }

    [Fact]
    public async Task Method_without_results_returns_a_struct_of_no_size()
    {
        await BootstrapAsync();
        await _peer.SendCallAsync(1, TestCapability.Void);
        var results = (await _peer.AssertReturnAsync(1, ReturnKind.Results)).Results;
        Assert.False(results.Content.IsNull);
        Assert.Equal(0, results.Content.AsStruct().DataBytes);
        Assert.Equal(0, results.CapTable.Count);
    }

    [Fact]
    public async Task Calls_start_in_order_overlap_and_end_in_any_order()
    {
        await BootstrapAsync();
        for (uint i = 1; i <= 3; i++)
        {
            await _peer.SendCallAsync(i, TestCapability.Wait, argument: i);
        }

        await _peer.SendCallAsync(4, TestCapability.Echo, argument: 4);
        await _peer.AssertReturnAsync(4, ReturnKind.Results);
        Assert.Equal([1, 2, 3, 4], _capability.Started);
        foreach (var i in (uint[])[2, 3, 1])
        {
            _capability.Continue((int)i - 1);
            Assert.Equal(i, (await _peer.AssertReturnAsync(i, ReturnKind.Results)).Results.Content.AsStruct().GetUInt64(0));
        }
    }

    [Fact]
    public async Task Finish_cancels_a_running_call_whose_return_still_comes()
    {
        await BootstrapAsync();
        await _peer.SendCallAsync(1, TestCapability.Wait);
        await _peer.SendFinishAsync(1, releaseResultCaps: true);
        await _peer.AssertReturnAsync(1, ReturnKind.Canceled);
        Assert.Equal(1, _capability.Cancelled);
        await _peer.SendCallAsync(1, TestCapability.Void);
        await _peer.AssertReturnAsync(1, ReturnKind.Results);
        await _peer.SendFinishAsync(1);
        await _peer.SendFinishAsync(1);
        await _peer.SendFinishAsync(12345);
        await _peer.SendCallAsync(1, TestCapability.Void);
        await _peer.AssertReturnAsync(1, ReturnKind.Results);
    }

    [Fact]
    public async Task Answers_beyond_the_limit_are_refused_and_need_no_finish()
    {
        var peer = new RawPeer(_capability, new RpcOptions { Answers = 2 });
        await peer.SendBootstrapAsync(0);
        await peer.AssertReturnAsync(0, ReturnKind.Results);
        await peer.SendCallAsync(1, TestCapability.Wait);
        for (var i = 0; i < 2; i++)
        {
            await peer.SendCallAsync(2, TestCapability.Void);
            await peer.AssertExceptionAsync(2, "rpc: too many calls at once", RpcExceptionType.Overloaded);
            await peer.SendBootstrapAsync(3);
            await peer.AssertExceptionAsync(3, "rpc: too many calls at once", RpcExceptionType.Overloaded);
        }

        await peer.SendFinishAsync(0);
        await peer.SendCallAsync(2, TestCapability.Void);
        await peer.AssertReturnAsync(2, ReturnKind.Results);
    }

    [Fact]
    public async Task Bytes_of_unanswered_calls_are_limited()
    {
        var peer = new RawPeer(_capability, new RpcOptions { AnswerBytes = 300 });
        await peer.SendBootstrapAsync(0);
        await peer.AssertReturnAsync(0, ReturnKind.Results);
        await peer.SendCallAsync(1, TestCapability.Wait);
        await peer.SendCallAsync(2, TestCapability.Wait);
        await peer.SendCallAsync(3, TestCapability.Void);
        await peer.AssertExceptionAsync(3, "rpc: too many calls at once", RpcExceptionType.Overloaded);
        _capability.Continue(0);
        await peer.AssertReturnAsync(1, ReturnKind.Results);
        await peer.SendCallAsync(3, TestCapability.Void);
        await peer.AssertReturnAsync(3, ReturnKind.Results);
    }

    [Fact]
    public async Task Capabilities_among_the_parameters_are_released_with_the_return()
    {
        await BootstrapAsync();
        await SendCallWithCapsAsync(1, 2);
        await _peer.AssertReturnAsync(1, ReturnKind.Results);
        foreach (var id in (uint[])[50, 51])
        {
            var release = new Release((await _peer.ReceiveAsync(MessageKind.Release)).Body);
            Assert.Equal((id, 1u), (release.Id, release.ReferenceCount));
        }

        await SendCallWithCapsAsync(2, 65);
        await _peer.AssertAbortAsync("rpc: too many capabilities in one message");
    }

    private Task SendCallWithCapsAsync(uint question, int count)
    {
        var message = new MessageBuilder();
        var payload = OutgoingMessages.Call(message, question, RawPeer.Interface, TestCapability.Void, 0, 0);
        OutgoingMessages.CapTable(payload, [.. Enumerable.Range(50, count).Select(i => (uint)i)]);
        return _peer.SendAsync(message);
    }

    private async Task BootstrapAsync()
    {
        await _peer.SendBootstrapAsync(0);
        await _peer.AssertReturnAsync(0, ReturnKind.Results);
    }
}
