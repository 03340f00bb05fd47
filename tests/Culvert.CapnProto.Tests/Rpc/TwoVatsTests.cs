using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Rpc;
using Culvert.CapnProto.Tests.Streams;

namespace Culvert.CapnProto.Tests.Rpc;

/// <summary>The implementation against itself, both sides serving and calling.</summary>
public class TwoVatsTests
{
    [Fact]
    public async Task Both_vats_call_each_other_at_once()
    {
        var stream = new DuplexPair();
        await using var near = new RpcConnection(stream.Near, new TestCapability());
        await using var far = new RpcConnection(stream.Far, new TestCapability());
        var calls = new List<Task>();
        foreach (var connection in (RpcConnection[])[near, far])
        {
            var main = connection.Bootstrap();
            for (ulong caller = 0; caller < 8; caller++)
            {
                calls.Add(Task.Run(() => CallManyAsync(main, caller * 1000)));
            }
        }

        await Task.WhenAll(calls).Within();
    }

    [Fact]
    public async Task Cancellation_reaches_the_method_and_frees_the_id()
    {
        var stream = new DuplexPair();
        var capability = new TestCapability();
        await using var near = new RpcConnection(stream.Near, options: new RpcOptions { Questions = 2 });
        await using var far = new RpcConnection(stream.Far, capability);
        var main = near.Bootstrap();
        Assert.Equal(1ul, await CallAsync(main, TestCapability.Echo, 1, default));
        for (var i = 1; i <= 20; i++)
        {
            using var cancel = new CancellationTokenSource();
            var call = CallAsync(main, TestCapability.Wait, 0, cancel.Token);
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.Within());
            await RoomAsync(main).Within();
        }

        await near.CloseAsync().Within();
        await far.Completion.Within();
    }

    [Fact]
    public async Task Server_ends_with_its_lifetime_and_says_goodbye()
    {
        var stream = new DuplexPair();
        var time = new ManualTime();
        var serving = RpcServer.ServeAsync(
            stream.Far, new TestCapability(), null, TimeSpan.FromSeconds(5), time, default);
        await using var near = new RpcConnection(stream.Near);
        var main = near.Bootstrap();
        Assert.Equal(3ul, await CallAsync(main, TestCapability.Echo, 3, default).Within());
        var waiting = CallAsync(main, TestCapability.Wait, 0, default);
        time.Pass(TimeSpan.FromSeconds(4));
        Assert.False(serving.IsCompleted);
        time.Pass(TimeSpan.FromSeconds(5));
        await serving.Within();
        Assert.Equal("rpc: connection closed", (await Assert.ThrowsAsync<RpcException>(() => waiting.Within())).Message);
        await near.Completion.Within();
    }

    [Fact]
    public async Task Server_ends_with_its_token()
    {
        var stream = new DuplexPair();
        using var cancel = new CancellationTokenSource();
        var serving = RpcServer.ServeAsync(
            stream.Far, new TestCapability(), null, Timeout.InfiniteTimeSpan, null, cancel.Token);
        await using var near = new RpcConnection(stream.Near);
        Assert.Equal(3ul, await CallAsync(near.Bootstrap(), TestCapability.Echo, 3, default).Within());
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => serving.Within());
        await near.Completion.Within();
    }

    /// <summary>
    /// Calls until all ids but the caller's own are free, which is when the Return of the cancelled call has come.
    /// </summary>
    private static async Task RoomAsync(RemoteCapability main)
    {
        while (true)
        {
            try
            {
                await Task.WhenAll(
                    CallAsync(main, TestCapability.Echo, 7, default), CallAsync(main, TestCapability.Echo, 8, default));
                return;
            }
            catch (RpcException e) when (e.Type == RpcExceptionType.Overloaded)
            {
                await Task.Yield();
            }
        }
    }

    private static async Task CallManyAsync(RemoteCapability main, ulong first)
    {
        for (var i = first; i < first + 200; i++)
        {
            Assert.Equal(i, await CallAsync(main, TestCapability.Echo, i, default));
        }
    }

    private static Task<ulong> CallAsync(
        RemoteCapability main, ushort method, ulong argument, CancellationToken cancellationToken) =>
        main.CallAsync(
            RawPeer.Interface,
            method,
            argument,
            static (content, number) => content.InitStruct(new StructSize(1, 0)).SetUInt64(0, number),
            static content => content.AsStruct().GetUInt64(0),
            cancellationToken).AsTask();
}
