using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Rpc;
using Culvert.CapnProto.Rpc.Schema;
using Culvert.CapnProto.Tests.Streams;

namespace Culvert.CapnProto.Tests.Rpc;

public class CallerTests
{
    private readonly RawPeer _peer = new();

    [Theory]
    [InlineData(0u, 0)]
    [InlineData(12345u, 1)]
    [InlineData(uint.MaxValue, 2)]
    public async Task First_call_is_pipelined_and_later_ones_go_to_the_import(uint export, int senderKind)
    {
        var main = _peer.Connection.Bootstrap();
        var first = RawPeer.Call(main);
        Assert.Equal(0u, new Bootstrap((await _peer.ReceiveAsync(MessageKind.Bootstrap)).Body).QuestionId);
        await AssertCallAsync(1, null);
        await _peer.SendCapabilityAsync(0, export, senderKind == 2 ? CapKind.SenderPromise : CapKind.SenderHosted);
        await _peer.AssertFinishAsync(0, false);
        await _peer.SendNumberAsync(1, 7);
        Assert.Equal(7ul, await first.Within());
        await _peer.AssertFinishAsync(1, false);

        // Ids are used again, the last one first.
        var second = RawPeer.Call(main);
        await AssertCallAsync(1, export);
        var third = RawPeer.Call(main);
        await AssertCallAsync(0, export);
        await _peer.SendNumberAsync(0, 3);
        await _peer.SendNumberAsync(1, 2);
        Assert.Equal((2ul, 3ul), (await second.Within(), await third.Within()));
    }

    [Fact]
    public async Task Cancelled_call_is_finished_at_once_and_its_id_stays_reserved()
    {
        var main = await BootstrappedAsync();
        using var cancel = new CancellationTokenSource();
        var call = RawPeer.Call(main, cancel.Token);
        await AssertCallAsync(0, 9);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.Within());
        await _peer.AssertFinishAsync(0, releaseResultCaps: true);
        var other = RawPeer.Call(main);
        await AssertCallAsync(1, 9);

        // The late answer is swallowed: the next message is that of the call which gets the id now.
        await _peer.SendNumberAsync(0, 1);
        await _peer.SendNumberAsync(1, 2);
        Assert.Equal(2ul, await other.Within());
        await _peer.AssertFinishAsync(1, false);
        _ = RawPeer.Call(main);
        await AssertCallAsync(1, 9);
        _ = RawPeer.Call(main);
        await AssertCallAsync(0, 9);
    }

    [Fact]
    public async Task Token_that_is_cancelled_already_sends_nothing()
    {
        var main = await BootstrappedAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RawPeer.Call(main, new CancellationToken(true)).Within());
        _ = RawPeer.Call(main);
        await AssertCallAsync(0, 9);
    }

    [Fact]
    public async Task Unanswered_bootstrap_holds_neither_cancellation_nor_close()
    {
        var main = _peer.Connection.Bootstrap();
        using var cancel = new CancellationTokenSource();
        var (cancelled, open) = (RawPeer.Call(main, cancel.Token), RawPeer.Call(main));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.Within());
        await _peer.Connection.CloseAsync().Within();
        var e = await Assert.ThrowsAsync<RpcException>(() => open.Within());
        Assert.Equal("rpc: connection closed", e.Message);
        await _peer.Connection.Completion.Within();
    }

    [Fact]
    public async Task Exception_for_the_bootstrap_fails_later_calls_but_not_the_pipelined_one()
    {
        var main = _peer.Connection.Bootstrap();
        var pipelined = RawPeer.Call(main);
        await _peer.ReceiveAsync(MessageKind.Bootstrap);
        await _peer.ReceiveAsync(MessageKind.Call);
        await _peer.SendAsync(OutgoingMessages.ExceptionResult(0, RpcExceptionType.Failed, "nobody here"));
        await _peer.AssertFinishAsync(0, releaseResultCaps: true);
        Assert.False(pipelined.IsCompleted);
        var e = await Assert.ThrowsAsync<RpcException>(() => RawPeer.Call(main).Within());
        Assert.Equal("nobody here", e.Message);
        await _peer.SendNumberAsync(1, 4);
        Assert.Equal(4ul, await pipelined.Within());
    }

    [Theory]
    [InlineData(RpcExceptionType.Failed)]
    [InlineData(RpcExceptionType.Disconnected)]
    public async Task Exception_fails_its_call_and_is_finished(RpcExceptionType type)
    {
        var call = RawPeer.Call(await BootstrappedAsync());
        await AssertCallAsync(0, 9);
        await _peer.SendAsync(OutgoingMessages.ExceptionResult(0, type, "no"));
        var e = await Assert.ThrowsAsync<RpcException>(() => call.Within());
        Assert.Equal(("no", type, true), (e.Message, e.Type, e.IsRemote));
        await _peer.AssertFinishAsync(0, releaseResultCaps: true);
    }

    [Fact]
    public async Task Canceled_fails_its_call_and_is_not_finished()
    {
        var main = await BootstrappedAsync();
        var call = RawPeer.Call(main);
        await AssertCallAsync(0, 9);
        await _peer.SendAsync(OutgoingMessages.CanceledResult(0));
        await Assert.ThrowsAsync<RpcException>(() => call.Within());
        _ = RawPeer.Call(main);
        await AssertCallAsync(0, 9);
    }

    [Fact]
    public async Task Null_payload_reads_as_empty_results()
    {
        var call = RawPeer.Call(await BootstrappedAsync());
        await AssertCallAsync(0, 9);
        var message = new MessageBuilder();
        OutgoingMessages.Return(message, 0, ReturnKind.Results);
        await _peer.SendAsync(message);
        Assert.Equal(0ul, await call.Within());
    }

    [Fact]
    public async Task Results_of_another_type_fail_their_call_only()
    {
        var main = await BootstrappedAsync();
        var call = RawPeer.Call(main);
        await AssertCallAsync(0, 9);
        await _peer.SendCapabilityAsync(0, 5);
        await Assert.ThrowsAsync<CapnProtoException>(() => call.Within());
        await _peer.AssertFinishAsync(0, false);

        // Nobody took the capability, so it goes back.
        var release = new Release((await _peer.ReceiveAsync(MessageKind.Release)).Body);
        Assert.Equal((5u, 1u), (release.Id, release.ReferenceCount));
        _ = RawPeer.Call(main);
        await AssertCallAsync(0, 9);
    }

    [Theory]
    [InlineData((ushort)ReturnKind.ResultsSentElsewhere)]
    [InlineData((ushort)ReturnKind.TakeFromOtherQuestion)]
    [InlineData((ushort)ReturnKind.AcceptFromThirdParty)]
    public async Task Returns_of_higher_levels_are_sent_back_as_unimplemented(ushort kind)
    {
        var main = await BootstrappedAsync();
        var call = RawPeer.Call(main);
        await AssertCallAsync(0, 9);
        var message = new MessageBuilder();
        OutgoingMessages.Return(message, 0, (ReturnKind)kind);
        await _peer.SendAsync(message);
        var e = await Assert.ThrowsAsync<RpcException>(() => call.Within());
        Assert.Equal("rpc: remote used unimplemented protocol feature", e.Message);
        var echo = new Message((await _peer.ReceiveAsync(MessageKind.Unimplemented)).Body);
        Assert.Equal((MessageKind.Return, (ReturnKind)kind), (echo.Kind, new Return(echo.Body).Kind));
        await _peer.AssertFinishAsync(0, true);
    }

    [Fact]
    public async Task Capability_of_a_third_vat_is_sent_back_as_unimplemented()
    {
        var main = _peer.Connection.Bootstrap();
        await _peer.ReceiveAsync(MessageKind.Bootstrap);
        await _peer.SendCapabilityAsync(0, 1, CapKind.ThirdPartyHosted);
        await _peer.ReceiveAsync(MessageKind.Unimplemented);
        await _peer.AssertFinishAsync(0, true);
        await Assert.ThrowsAsync<RpcException>(() => RawPeer.Call(main).Within());
    }

    [Theory]
    [InlineData((ushort)CapKind.None)]
    [InlineData((ushort)CapKind.ReceiverHosted)]
    [InlineData((ushort)CapKind.ReceiverAnswer)]
    public async Task Bootstrap_without_a_capability_of_the_peer_fails_calls(ushort kind)
    {
        var main = _peer.Connection.Bootstrap();
        await _peer.ReceiveAsync(MessageKind.Bootstrap);
        await _peer.SendCapabilityAsync(0, 1, (CapKind)kind);
        await _peer.AssertFinishAsync(0, false);
        await Assert.ThrowsAsync<RpcException>(() => RawPeer.Call(main).Within());
    }

    [Theory]
    [InlineData(40)]
    [InlineData(56)]
    [InlineData(64)]
    [InlineData(72)]
    public async Task Return_that_uses_up_the_traversal_limit_leaves_no_call_waiting(int limit)
    {
        // Message 16 bytes, Return 24, Payload 16, the empty table 8, content 8: wherever the limit is, the call ends.
        var peer = new RawPeer(options: new RpcOptions { Message = new MessageLimits { TraversalBytes = limit } });
        var call = RawPeer.Call(peer.Connection.Bootstrap());
        await peer.SendNumberAsync(1, 6);
        if (limit == 72)
        {
            Assert.Equal(6ul, await call.Within());
        }
        else
        {
            var e = await Assert.ThrowsAnyAsync<Exception>(() => call.Within());
            Assert.True(e is CapnProtoException or RpcException, e.ToString());
        }
    }

    [Fact]
    public async Task Return_for_no_question_aborts()
    {
        await _peer.SendNumberAsync(0, 1);
        await _peer.AssertAbortAsync("rpc: return for an unknown question");
        await Assert.ThrowsAsync<RpcException>(() => _peer.Connection.Completion.Within());
    }

    [Fact]
    public async Task Calls_beyond_the_limit_fail_at_once_and_cancelled_ones_count()
    {
        var peer = new RawPeer(options: new RpcOptions { Questions = 3 });
        var main = peer.Connection.Bootstrap();
        using var cancel = new CancellationTokenSource();
        var cancelled = RawPeer.Call(main, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.Within());
        var open = RawPeer.Call(main);
        var e = await Assert.ThrowsAsync<RpcException>(() => RawPeer.Call(main).Within());
        Assert.Equal((RpcExceptionType.Overloaded, false), (e.Type, e.IsRemote));
        await peer.SendNumberAsync(2, 8);
        Assert.Equal(8ul, await open.Within());
        _ = RawPeer.Call(main);
    }

    [Fact]
    public async Task Parameters_that_are_too_large_fail_before_anything_is_sent()
    {
        var main = await BootstrappedAsync();
        await Assert.ThrowsAsync<CapnProtoException>(() => main.CallAsync(
            1, 1, 0, static (content, _) => content.InitList(1 << 28, ElementSize.Byte), static _ => 0, default).Within());
        _ = RawPeer.Call(main);
        await AssertCallAsync(0, 9);
    }

    private async Task<RemoteCapability> BootstrappedAsync()
    {
        var main = _peer.Connection.Bootstrap();
        await _peer.ReceiveAsync(MessageKind.Bootstrap);
        await _peer.SendCapabilityAsync(0, 9);
        await _peer.AssertFinishAsync(0, false);
        return main;
    }

    private async Task AssertCallAsync(uint question, uint? importedCap)
    {
        var call = new Call((await _peer.ReceiveAsync(MessageKind.Call)).Body);
        Assert.Equal(question, call.QuestionId);
        Assert.Equal((RawPeer.Interface, (ushort)1, SendResultsTo.Caller), (call.InterfaceId, call.MethodId, call.SendResultsTo));
        Assert.False(call.AllowThirdPartyTailCall);
        Assert.Equal(importedCap is null ? TargetKind.PromisedAnswer : TargetKind.ImportedCap, call.Target.Kind);
        Assert.Equal(importedCap ?? 0, importedCap is null ? call.Target.PromisedAnswer.QuestionId : call.Target.ImportedCap);
        Assert.Equal(5ul, call.Params.Content.AsStruct().GetUInt64(0));
    }
}
