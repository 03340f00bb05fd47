using System.Text;
using Culvert.Connector.Metrics;
using Culvert.Connector.Orchestration;
using Culvert.Connector.Registration;
using Culvert.Connector.Supervision;
using Culvert.Connector.Tests.Fixtures;
using Culvert.Engine.Flows;
using Culvert.Engine.Metrics;
using Culvert.Engine.Proxying;
using Culvert.Engine.Routing;
using Culvert.Ingress.Configuration;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Tests.Fixtures;
using Culvert.Transports.Configuration;
using Culvert.Transports.Credentials;
using Culvert.Transports.Registration;
using Culvert.Transports.Tls;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Connector.Tests.Registration;

public sealed class EdgeConnectionHandlerTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly IngressSnapshot Ingress = IngressSnapshot.CatchAll(new OriginService.Status(404));

    private readonly FakeTime _time = new();
    private readonly FakeEdge _edge = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _closed = new();
    private readonly TaskCompletionSource _registered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConnectorInfo _identity = new(Guid.NewGuid(), ["b", "a"], "2026.8.2", "linux_amd64");
    private readonly ConnectorOptions _options = new()
    {
        Credentials = new TunnelCredentials("acct", Guid.NewGuid(), new byte[] { 1, 2, 3 }),
        EdgeAddresses = [],
        Trust = EdgeTrust.Default(),
        Ingress = Ingress,
    };

    private readonly ConnectorMetrics _metrics = new("2026.8.2");
    private Proxy _proxy = null!;
    private Orchestrator _orchestrator = null!;
    private GracePeriod _grace = null!;

    public async Task InitializeAsync()
    {
        _proxy = new Proxy(await OriginTable.StartAsync(Ingress, new ProxyMetrics(), default), NullLogger.Instance);
        _orchestrator = new Orchestrator(_options, _proxy, new FlowLimiter(), _metrics, NullLogger.Instance, _stop.Token);
        _grace = new GracePeriod(_options.GracePeriod, _time, _stop.Token);
    }

    [Fact]
    public async Task Registration_tells_who_serves_what()
    {
        var handler = Create(index: 3, previousAttempts: 2);
        var serving = handler.ServeControlStreamAsync(_edge.Stream, _closed.Token);
        await _registered.Task.WaitAsync(Limit);
        var request = _edge.Request!;

        Assert.Equal("acct", request.Auth.AccountTag);
        Assert.Equal([1, 2, 3], request.Auth.TunnelSecret.ToArray());
        Assert.Equal(
            (_options.Credentials.TunnelId, (byte)3, (byte)2),
            (request.TunnelId, request.ConnectionIndex, request.PreviousAttempts));
        Assert.Equal(_identity.ConnectorId, request.Connector.ConnectorId);
        Assert.Equal(["b", "a"], request.Connector.Features);
        Assert.Equal("127.0.0.9", request.OriginLocalIp!.ToString());
        Assert.Equal((false, (byte)0), (request.ReplaceExisting, request.CompressionQuality));
        handler.ThrowIfRefused();
        await EndAsync(serving);
    }

    [Fact]
    public async Task First_connection_tells_its_configuration()
    {
        var serving = Create(index: 0).ServeControlStreamAsync(_edge.Stream, _closed.Token);

        Assert.Equal("register", await _edge.NextCallAsync());
        Assert.Equal(
            """{"ingress":[{"service":"http_status:404","originRequest":{}}],"warp-routing":{}}""", await _edge.NextCallAsync());
        await _stop.CancelAsync();
        Assert.Equal("unregister", await _edge.NextCallAsync());
        await serving.WaitAsync(Limit);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(0, true)]
    public async Task Other_connections_and_managed_tunnels_do_not_tell_it(byte index, bool managed)
    {
        _edge.Register = () => Task.FromResult<RegistrationResult>(new ConnectionDetails(Guid.NewGuid(), "LCL", managed));
        var serving = Create(index).ServeControlStreamAsync(_edge.Stream, _closed.Token);
        Assert.Equal("register", await _edge.NextCallAsync());
        await _stop.CancelAsync();

        Assert.Equal("unregister", await _edge.NextCallAsync());
        await serving.WaitAsync(Limit);
    }

    [Fact]
    public async Task Configuration_that_the_edge_does_not_take_ends_nothing()
    {
        _edge.Configure = () => throw new InvalidOperationException("not now");
        var handler = Create(index: 0);
        var serving = handler.ServeControlStreamAsync(_edge.Stream, _closed.Token);
        await _edge.NextCallAsync();
        await _edge.NextCallAsync();
        await _stop.CancelAsync();

        Assert.Equal("unregister", await _edge.NextCallAsync());
        await serving.WaitAsync(Limit);
        handler.ThrowIfRefused();
        using var text = new MemoryStream();
        await _metrics.Registry.CollectAndExportAsTextAsync(text);
        var lines = Encoding.UTF8.GetString(text.ToArray()).Split('\n');
        Assert.Contains("cloudflared_config_local_config_pushes 1", lines);
        Assert.Contains("cloudflared_config_local_config_pushes_errors 1", lines);
    }

    [Theory]
    [InlineData("no such tunnel", "no such tunnel", false)]
    [InlineData("EDUPCONN", "already connected to this server, trying another address", true)]
    public async Task Refusal_ends_the_conversation_and_a_second_later_the_connection(
        string cause, string message, bool duplicate)
    {
        _edge.Register = () => Task.FromResult<RegistrationResult>(
            new RegistrationError(cause, TimeSpan.Zero, ShouldRetry: false));
        var handler = Create(index: 0);
        var serving = handler.ServeControlStreamAsync(_edge.Stream, _closed.Token);
        await _edge.Conversation.WaitAsync(Limit);
        await RefusalLingersAsync();
        Assert.False(handler.ConnectionEnd.IsCancellationRequested);
        _time.Advance(Second);
        await serving.WaitAsync(Limit);

        Assert.True(handler.ConnectionEnd.IsCancellationRequested);
        var e = Assert.Throws<RegistrationRefusedException>(handler.ThrowIfRefused);
        Assert.Equal((message, duplicate), (e.Message, e.IsDuplicate));
        Assert.False(_registered.Task.IsCompleted);
    }

    [Fact]
    public async Task Edge_that_closes_after_a_refusal_is_not_waited_for()
    {
        _edge.Register = () => Task.FromResult<RegistrationResult>(
            new RegistrationError("no", TimeSpan.Zero, ShouldRetry: false));
        var handler = Create(index: 0);
        var serving = handler.ServeControlStreamAsync(_edge.Stream, _closed.Token);
        await RefusalLingersAsync();
        await _closed.CancelAsync();

        await serving.WaitAsync(Limit);
        Assert.Throws<RegistrationRefusedException>(handler.ThrowIfRefused);
    }

    [Fact]
    public async Task Edge_that_does_not_answer_in_time_is_a_refusal()
    {
        _edge.Register = () => new TaskCompletionSource<RegistrationResult>().Task;
        var handler = Create(index: 0);
        var serving = handler.ServeControlStreamAsync(_edge.Stream, _closed.Token);
        await _edge.NextCallAsync();
        await _time.WaitBegunAsync(_options.RpcTimeout);
        _time.Advance(_options.RpcTimeout);
        await RefusalLingersAsync();
        _time.Advance(Second);
        await serving.WaitAsync(Limit);

        Assert.Equal("context deadline exceeded", Assert.Throws<RegistrationRefusedException>(handler.ThrowIfRefused).Message);
    }

    [Fact]
    public async Task Stop_unregisters_and_leaves_the_connection_to_the_edge_until_the_period_is_over()
    {
        var handler = Create(index: 1);
        var serving = handler.ServeControlStreamAsync(_edge.Stream, _closed.Token);
        await _registered.Task.WaitAsync(Limit);
        await _stop.CancelAsync();
        await serving.WaitAsync(Limit);
        await _edge.Conversation.WaitAsync(Limit);
        Assert.Equal(["register", "unregister"], [await _edge.NextCallAsync(), await _edge.NextCallAsync()]);

        Assert.False(handler.ConnectionEnd.IsCancellationRequested);
        _time.Advance(_options.GracePeriod);
        Assert.True(handler.ConnectionEnd.IsCancellationRequested);
    }

    [Fact]
    public async Task Unregistration_that_fails_closes_the_connection_at_once()
    {
        _edge.Unregister = () => throw new InvalidOperationException("no");
        var handler = Create(index: 1);
        var serving = handler.ServeControlStreamAsync(_edge.Stream, _closed.Token);
        await _registered.Task.WaitAsync(Limit);
        await _stop.CancelAsync();
        await serving.WaitAsync(Limit);

        Assert.True(handler.ConnectionEnd.IsCancellationRequested);
    }

    [Fact]
    public async Task Connection_that_is_lost_while_registering_is_no_refusal()
    {
        _edge.Register = () => new TaskCompletionSource<RegistrationResult>().Task;
        var handler = Create(index: 0);
        var serving = handler.ServeControlStreamAsync(_edge.Stream, _closed.Token);
        await _edge.NextCallAsync();
        await _closed.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => serving.WaitAsync(Limit));
        handler.ThrowIfRefused();
    }

    [Fact]
    public async Task Own_configuration_is_told_again_when_it_changes()
    {
        var serving = Create(index: 0).ServeControlStreamAsync(_edge.Stream, _closed.Token);
        await _edge.NextCallAsync();
        await _edge.NextCallAsync();
        await _orchestrator.ReloadAsync(IngressSnapshot.CatchAll(new OriginService.Status(418)), WarpRouting.Default, default);

        Assert.Equal(
            """{"ingress":[{"service":"http_status:418","originRequest":{}}],"warp-routing":{}}""", await _edge.NextCallAsync());
        await _stop.CancelAsync();
        Assert.Equal("unregister", await _edge.NextCallAsync());
        await serving.WaitAsync(Limit);
    }

    [Fact]
    public async Task Configuration_of_the_edge_is_put_into_force()
    {
        var result = await Create(index: 1).UpdateConfigurationAsync(new ConfigurationUpdate(0, "{}"u8.ToArray()), default);

        Assert.Equal(new ConfigurationUpdateResult(0, null), result);
        Assert.Equal(0, _orchestrator.Current.Version);
    }

    public async Task DisposeAsync()
    {
        _edge.Dispose();
        _grace.Dispose();
        await _proxy.DisposeAsync();
        _stop.Dispose();
        _closed.Dispose();
    }

    private EdgeConnectionHandler Create(byte index, byte previousAttempts = 0)
    {
        var handler = new EdgeConnectionHandler(
            new FakeEdgeConnection(index), _options, _identity, _orchestrator, previousAttempts, _grace, _time,
            NullLogger.Instance, _metrics);
        handler.Registered += () => _registered.TrySetResult();
        return handler;
    }

    // The first second is the limit of the goodbye, the next the time that the edge has to close.
    private async Task RefusalLingersAsync()
    {
        await _time.WaitBegunAsync(Second);
        await _time.WaitBegunAsync(Second);
    }

    private async Task EndAsync(Task serving)
    {
        await _closed.CancelAsync();
        await serving.WaitAsync(Limit);
    }
}
