using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Rpc;
using Culvert.CapnProto.Rpc.Schema;

namespace Culvert.CapnProto.Tests.Rpc;

public class PipeliningTests
{
    private readonly TestCapability _capability = new();
    private readonly RawPeer _peer;

    public PipeliningTests() => _peer = new RawPeer(_capability);

    [Fact]
    public async Task Calls_wait_for_an_answer_and_then_start_in_order()
    {
        await BootstrapAsync();
        await _peer.SendCallAsync(1, TestCapability.GiveAfterWait, argument: 1);
        await SendPipelinedAsync(2, 1, [1, 0], argument: 22);
        await SendPipelinedAsync(3, 1, [1, 0], argument: 33);
        await _peer.SendCallAsync(4, TestCapability.Echo, argument: 44);
        await _peer.AssertReturnAsync(4, ReturnKind.Results);
        Assert.Equal([1, 44], _capability.Started);
        _capability.Continue(0);
        var results = (await _peer.AssertReturnAsync(1, ReturnKind.Results)).Results;
        Assert.Equal(0u, results.Content.AsStruct().GetStruct(1).GetPointer(0).AsCapability());
        Assert.Equal(0u, new CapDescriptor(results.CapTable.GetStruct(0)).Id);
        await _peer.AssertReturnAsync(2, ReturnKind.Results);
        await _peer.AssertReturnAsync(3, ReturnKind.Results);
        Assert.Equal([1, 44, 22, 33], _capability.Started);
    }

    [Fact]
    public async Task Calls_reach_a_capability_in_an_answer_that_is_there()
    {
        await BootstrapAsync();
        await _peer.SendCallAsync(1, TestCapability.GiveSelfInStruct);
        await _peer.AssertReturnAsync(1, ReturnKind.Results);
        await SendPipelinedAsync(2, 1, [1, 0], argument: 6);
        Assert.Equal(6ul, (await _peer.AssertReturnAsync(2, ReturnKind.Results)).Results.Content.AsStruct().GetUInt64(0));
        await SendPipelinedAsync(3, 1, [0], argument: 6);
        await _peer.AssertExceptionAsync(3, "rpc: target not found");
        await SendPipelinedAsync(4, 0, [0], argument: 6);
        await _peer.AssertExceptionAsync(4, "rpc: target not found");
        await _peer.SendFinishAsync(1);
        await SendPipelinedAsync(5, 1, [1, 0], argument: 6);
        await _peer.AssertExceptionAsync(5, "rpc: target not found");
    }

    [Fact]
    public async Task Path_that_leads_to_no_capability_fails_the_waiting_call_only()
    {
        await BootstrapAsync();
        await _peer.SendCallAsync(1, TestCapability.GiveAfterWait);
        await SendPipelinedAsync(2, 1, [], argument: 0);
        await _peer.SendCallAsync(3, TestCapability.Void);
        await _peer.AssertReturnAsync(3, ReturnKind.Results);
        _capability.Continue(0);
        await _peer.AssertReturnAsync(1, ReturnKind.Results);
        await _peer.AssertExceptionAsync(2, "capnp: expected a capability");
        await _peer.SendCallAsync(4, TestCapability.Void);
        await _peer.AssertReturnAsync(4, ReturnKind.Results);
    }

    [Fact]
    public async Task Queue_of_an_answer_is_limited()
    {
        await BootstrapAsync();
        await _peer.SendCallAsync(1, TestCapability.GiveAfterWait);
        for (uint i = 0; i < 64; i++)
        {
            await SendPipelinedAsync(100 + i, 1, [1, 0], argument: i);
        }

        await SendPipelinedAsync(200, 1, [1, 0], argument: 0);
        await _peer.AssertExceptionAsync(200, "rpc: pipeline queue full");
        _capability.Continue(0);
        await _peer.AssertReturnAsync(1, ReturnKind.Results);
        for (uint i = 0; i < 64; i++)
        {
            await _peer.AssertReturnAsync(100 + i, ReturnKind.Results);
        }
    }

    [Fact]
    public async Task Queued_calls_are_cancelled_with_their_own_finish_or_their_answers()
    {
        await BootstrapAsync();
        await _peer.SendCallAsync(1, TestCapability.GiveAfterWait);
        await SendPipelinedAsync(2, 1, [1, 0], argument: 0);
        await SendPipelinedAsync(3, 1, [1, 0], argument: 0);
        await _peer.SendFinishAsync(2);
        await _peer.SendCallAsync(9, TestCapability.Void);
        await _peer.AssertReturnAsync(9, ReturnKind.Results);
        _capability.Continue(0);
        await _peer.AssertReturnAsync(1, ReturnKind.Results);
        await _peer.AssertExceptionAsync(2, "rpc: queued call canceled");
        await _peer.AssertReturnAsync(3, ReturnKind.Results);

        await _peer.SendCallAsync(4, TestCapability.GiveAfterWait);
        await SendPipelinedAsync(5, 4, [1, 0], argument: 0);
        await _peer.SendFinishAsync(4);
        await _peer.AssertReturnAsync(4, ReturnKind.Canceled);
        await _peer.AssertExceptionAsync(5, "rpc: queued call canceled");
    }

    [Fact]
    public async Task Chain_of_waiting_calls_is_resolved_to_its_end()
    {
        await BootstrapAsync();
        await _peer.SendCallAsync(1, TestCapability.GiveAfterWait);
        for (uint i = 2; i < 250; i++)
        {
            await SendPipelinedAsync(i, i - 1, [1, 0], argument: i, TestCapability.GiveSelfInStruct);
        }

        await _peer.SendBootstrapAsync(300);
        await _peer.AssertReturnAsync(300, ReturnKind.Results);
        _capability.Continue(0);
        for (uint i = 1; i < 250; i++)
        {
            await _peer.AssertReturnAsync(i, ReturnKind.Results);
        }
    }

    private Task SendPipelinedAsync(
        uint question, uint answer, ushort[] path, ulong argument, ushort method = TestCapability.Echo)
    {
        var message = new MessageBuilder();
        var call = new Call.Builder(Message.Init(message, MessageKind.Call, Call.Size))
        {
            QuestionId = question,
            InterfaceId = RawPeer.Interface,
            MethodId = method,
        };
        var promised = call.InitTarget().InitPromisedAnswer();
        promised.QuestionId = answer;

        // A step that does nothing belongs to the protocol as well.
        var transform = promised.InitTransform(path.Length + 1);
        for (var i = 0; i < path.Length; i++)
        {
            _ = new PromisedAnswer.Op.Builder(transform.GetStruct(i)) { PointerField = path[i] };
        }

        var payload = call.InitParams();
        payload.Content.InitStruct(new StructSize(1, 0)).SetUInt64(0, argument);
        OutgoingMessages.CapTable(payload, []);
        return _peer.SendAsync(message);
    }

    private async Task BootstrapAsync()
    {
        await _peer.SendBootstrapAsync(0);
        await _peer.AssertReturnAsync(0, ReturnKind.Results);
    }
}
