using System.Net;
using Culvert.CapnProto.Rpc;
using Culvert.CapnProto.Tests.Streams;
using Culvert.Transports.Configuration;
using Culvert.Transports.DataStreams;
using Culvert.Transports.Sessions;

namespace Culvert.Transports.Tests.Configuration;

/// <summary>Our edge's clients against our connector's server.</summary>
public class CloudflaredServerTests
{
    private readonly DuplexPair _stream = new();

    [Fact]
    public async Task Stream_begins_with_its_signature_and_serves_many_calls()
    {
        await using var client = new ConfigurationClient(_stream.Near);
        var serving = ServeAsync(new CountingService(), null, default);
        for (var version = 0; version < 5; version++)
        {
            var update = new ConfigurationUpdate(version, "{}"u8.ToArray());
            var result = await client.UpdateConfigurationAsync(update, default).Within();
            Assert.Equal(new ConfigurationUpdateResult(version, null), result);
        }

        await client.CloseAsync().Within();
        await (await serving).Within();
        await client.Completion.Within();
    }

    [Fact]
    public async Task Services_that_are_missing_have_no_methods()
    {
        await using var client = new SessionClient(_stream.Near);
        var serving = await ServeAsync(new CountingService(), null, default);
        var request = new UdpSessionRequest(Guid.NewGuid(), IPAddress.Loopback, 1, TimeSpan.Zero, "");
        var e = await Assert.ThrowsAsync<RpcException>(() => client.RegisterUdpSessionAsync(request, default).Within());
        Assert.Equal(
            "tunnelrpc/proto/tunnelrpc.capnp:SessionManager.registerUdpSession: rpc exception: " +
            "@0x839445a59fb01686.@0: capnp: method not implemented",
            e.Message);
        Assert.Equal(RpcExceptionType.Failed, e.Type);
        await client.CloseAsync().Within();
        await serving.Within();
    }

    [Fact]
    public async Task Service_that_fails_fails_its_call_only()
    {
        await using var client = new ConfigurationClient(_stream.Near);
        var serving = await ServeAsync(new CountingService(), null, default);
        var e = await Assert.ThrowsAsync<RpcException>(
            () => client.UpdateConfigurationAsync(new ConfigurationUpdate(-1, default), default).Within());
        Assert.EndsWith("rpc exception: negative", e.Message);
        var result = await client.UpdateConfigurationAsync(new ConfigurationUpdate(3, default), default).Within();
        Assert.Equal(3, result.LatestAppliedVersion);
        await client.CloseAsync().Within();
        await serving.Within();
    }

    [Fact]
    public async Task Cancelled_server_says_goodbye()
    {
        await using var client = new ConfigurationClient(_stream.Near);
        using var cancel = new CancellationTokenSource();
        var serving = await ServeAsync(new CountingService(), null, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => serving.Within());
        await client.Completion.Within();
        var e = await Assert.ThrowsAsync<RpcException>(
            () => client.UpdateConfigurationAsync(new ConfigurationUpdate(1, default), default).Within());
        Assert.Equal("rpc: connection closed", e.Message);
    }

    private async Task<Task> ServeAsync(IConfigurationService? configuration, ISessionService? sessions, CancellationToken ct)
    {
        Assert.Equal(StreamSignature.Rpc, await StreamPreamble.ReadSignatureAsync(_stream.Far.Input, default).Within());
        return CloudflaredServer.ServeAsync(
            _stream.Far, configuration, sessions, CloudflaredServer.DefaultLifetime, new StoppedTime(), ct);
    }

    private sealed class CountingService : IConfigurationService
    {
        public ValueTask<ConfigurationUpdateResult> UpdateConfigurationAsync(
            ConfigurationUpdate update, CancellationToken cancellationToken) => update.Version >= 0
            ? ValueTask.FromResult(new ConfigurationUpdateResult(update.Version, null))
            : throw new InvalidOperationException("negative");
    }

    /// <summary>The lifetime must not end a test that a busy machine slows down.</summary>
    private sealed class StoppedTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
