using System.IO.Pipelines;
using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Rpc;
using Culvert.CapnProto.Rpc.Schema;
using Culvert.CapnProto.Tests.Streams;

namespace Culvert.CapnProto.Tests.Rpc;

public class ClosingTests
{
    private readonly TestCapability _capability = new();
    private readonly RawPeer _peer;

    public ClosingTests() => _peer = new RawPeer(_capability);

    [Fact]
    public async Task Close_releases_what_was_received_says_goodbye_and_ends_the_stream()
    {
        for (uint i = 0; i < 2; i++)
        {
            _peer.Connection.Bootstrap();
            await _peer.ReceiveAsync(MessageKind.Bootstrap);
            await _peer.SendCapabilityAsync(0, 17);
            await _peer.AssertFinishAsync(0, false);
        }

        await _peer.Connection.CloseAsync().Within();
        await _peer.Connection.CloseAsync().Within();
        var release = new Release((await _peer.ReceiveAsync(MessageKind.Release)).Body);
        Assert.Equal((17u, 2u), (release.Id, release.ReferenceCount));
        await _peer.AssertAbortAsync("rpc: shutdown");
        await _peer.Connection.Completion.Within();
        Assert.True((await _peer.Stream.Output.FlushAsync()).IsCompleted, "the input was not completed");
    }

    [Theory]
    [InlineData("rpc: shutdown")]
    [InlineData("broken")]
    [InlineData(null)]
    public async Task End_of_the_other_side_fails_open_calls_and_sends_nothing_more(string? abort)
    {
        var main = _peer.Connection.Bootstrap();
        var call = RawPeer.Call(main);
        await _peer.ReceiveAsync(MessageKind.Bootstrap);
        await _peer.ReceiveAsync(MessageKind.Call);
        if (abort is null)
        {
            await _peer.Stream.Output.CompleteAsync();
        }
        else
        {
            await _peer.SendAsync(OutgoingMessages.Abort(abort));
        }

        var e = await Assert.ThrowsAsync<RpcException>(() => call.Within());
        Assert.Equal(("rpc: connection closed", RpcExceptionType.Disconnected, false), (e.Message, e.Type, e.IsRemote));
        await _peer.AssertEndAsync();
        if (abort == "broken")
        {
            e = await Assert.ThrowsAsync<RpcException>(() => _peer.Connection.Completion.Within());
            Assert.Equal(("broken", true), (e.Message, e.IsRemote));
        }
        else
        {
            await _peer.Connection.Completion.Within();
        }

        e = await Assert.ThrowsAsync<RpcException>(() => RawPeer.Call(main).Within());
        Assert.Equal("rpc: connection closed", e.Message);
        e = await Assert.ThrowsAsync<RpcException>(() => RawPeer.Call(_peer.Connection.Bootstrap()).Within());
        Assert.Equal("rpc: connection closed", e.Message);
    }

    [Fact]
    public async Task Broken_stream_is_the_cause_of_what_fails()
    {
        var call = RawPeer.Call(_peer.Connection.Bootstrap());
        await _peer.Stream.Output.CompleteAsync(new IOException("reset by peer"));
        var e = await Assert.ThrowsAsync<RpcException>(() => call.Within());
        Assert.Equal("rpc: connection closed", e.Message);
        e = await Assert.ThrowsAsync<RpcException>(() => _peer.Connection.Completion.Within());
        Assert.IsType<IOException>(e.InnerException);
    }

    [Fact]
    public async Task Bytes_that_are_no_message_abort()
    {
        await _peer.Stream.Output.WriteAsync(Convert.FromHexString("ffffffffffffffff"));
        await _peer.AssertAbortAsync("capnp: too many segments to decode");
        await Assert.ThrowsAsync<CapnProtoException>(() => _peer.Connection.Completion.Within());
    }

    [Fact]
    public async Task End_inside_a_message_aborts()
    {
        await _peer.Stream.Output.WriteAsync(new byte[12]);
        await _peer.Stream.Output.CompleteAsync();
        await Assert.ThrowsAsync<CapnProtoException>(() => _peer.Connection.Completion.Within());
    }

    [Fact]
    public async Task Ending_cancels_running_calls_and_waits_for_them()
    {
        await _peer.SendBootstrapAsync(0);
        await _peer.AssertReturnAsync(0, ReturnKind.Results);
        await _peer.SendCallAsync(1, TestCapability.Wait);
        await _peer.SendCallAsync(2, TestCapability.IgnoreCancellation);
        await _peer.SendCallAsync(3, TestCapability.Void);
        await _peer.AssertReturnAsync(3, ReturnKind.Results);
        await _peer.Connection.CloseAsync().Within();
        await _peer.AssertAbortAsync("rpc: shutdown");
        Assert.False(_peer.Connection.Completion.IsCompleted);
        _capability.Continue(1);
        await _peer.Connection.Completion.Within();
        Assert.Equal(1, _capability.Cancelled);
    }

    [Fact]
    public async Task Peer_that_does_not_read_holds_closing_for_its_time_only()
    {
        var time = new ManualTime();
        var toPeer = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        var fromPeer = new Pipe();
        var connection = new RpcConnection(new Ends(fromPeer.Reader, toPeer.Writer), time: time);
        connection.Bootstrap();
        var closing = connection.CloseAsync().AsTask();
        await time.TimerAsync();
        Assert.False(closing.IsCompleted);
        time.Pass(TimeSpan.FromSeconds(1));
        await closing.Within();
        await connection.Completion.Within();
        Assert.NotEmpty(await toPeer.Reader.DrainAsync());
    }

    [Fact]
    public async Task Close_ends_when_the_stream_is_left_alone()
    {
        var input = new SlowToCancel();
        var connection = new RpcConnection(new Ends(input, new Pipe().Writer));
        await input.Waiting.Within();
        var closing = connection.CloseAsync().AsTask();
        await input.Cancelled.Within();
        Assert.False(closing.IsCompleted, "the stream was given back while it was still read");
        input.Return();
        await closing.Within();
        Assert.True(input.IsCompleted, "the input is completed after the stream was given back");
    }

    [Fact]
    public async Task Peer_that_stops_reading_ends_the_conversation()
    {
        await _peer.Stream.Input.CompleteAsync();
        _peer.Connection.Bootstrap();
        await _peer.Connection.Completion.Within();
    }

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    /// <summary>A reader whose cancelled read goes on until it is told to return.</summary>
    private sealed class SlowToCancel : PipeReader
    {
        private readonly TaskCompletionSource _waiting = new();
        private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<ReadResult> _read = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Waiting => _waiting.Task;

        public Task Cancelled => _cancelled.Task;

        public bool IsCompleted { get; private set; }

        public void Return() => _read.SetCanceled();

        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            await using var registration = cancellationToken.Register(_cancelled.SetResult);
            _waiting.SetResult();
            return await _read.Task;
        }

        public override bool TryRead(out ReadResult result)
        {
            result = default;
            return false;
        }

        public override void AdvanceTo(SequencePosition consumed)
        {
        }

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
        {
        }

        public override void CancelPendingRead()
        {
        }

        public override void Complete(Exception? exception = null) => IsCompleted = true;
    }
}
