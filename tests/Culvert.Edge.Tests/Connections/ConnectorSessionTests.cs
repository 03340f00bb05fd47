using System.Net;
using System.Text;
using System.Threading.Channels;
using Culvert.CapnProto.Rpc;
using Culvert.Edge.Connections;
using Culvert.Edge.Metrics;
using Culvert.Edge.PrivateNetworks.Flows;
using Culvert.Edge.Tests.Fixtures;
using Culvert.Edge.Tunnels;
using Culvert.Tests.Fixtures;
using Culvert.Transports.Configuration;
using Culvert.Transports.Credentials;
using Culvert.Transports.Registration;
using Culvert.Transports.Streams;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Edge.Tests.Connections;

public sealed class ConnectorSessionTests : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly FakeTime _time = new();
    private readonly EdgeOptions _options = new() { Location = "TST" };
    private readonly TunnelDirectory _directory = new();
    private readonly Tunnel _tunnel;
    private readonly TunnelCredentials _credentials = new("acct", Guid.NewGuid(), new byte[] { 1, 2, 3 });
    private readonly FakeConnectorConnection _connection = new();
    private readonly RegistrationClient _client;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _drain = new();
    private readonly EdgeMetrics _metrics = new();
    private readonly Task _session;
    private int _registered;

    public ConnectorSessionTests()
    {
        _tunnel = new Tunnel(_credentials, "a.example", isQuick: true, _time.GetTimestamp());
        Assert.True(_directory.TryAdd(_tunnel));
        _session = Start(_connection);
        _client = new RegistrationClient(_connection.Control);
    }

    [Fact]
    public async Task Registration_adds_the_connection_to_its_tunnel()
    {
        var details = Assert.IsType<ConnectionDetails>(await RegisterAsync());
        var connection = Assert.Single(_tunnel.Connections);

        Assert.Equal(new ConnectionDetails(connection.Id, "TST", TunnelIsRemotelyManaged: false), details);
        Assert.Equal(2, connection.Index);
        Assert.Same(connection, _tunnel.Pick());
        Assert.Equal(1, _registered);
    }

    [Fact]
    public async Task Connection_is_counted_while_it_is_registered()
    {
        Assert.IsType<ConnectionDetails>(await RegisterAsync());
        Assert.Contains("culvert_edge_connections{protocol=\"http2\"} 1", await CountedAsync());

        await _connection.DisposeAsync();
        await _session.WaitAsync(Limit);

        Assert.Contains("culvert_edge_connections{protocol=\"http2\"} 0", await CountedAsync());
        Assert.Contains("culvert_edge_registrations_total{protocol=\"http2\"} 1", await CountedAsync());
    }

    [Fact]
    public async Task Refusals_are_counted_by_reason()
    {
        await RegisterAsync(_credentials with { TunnelId = Guid.NewGuid() });
        await RegisterAsync(_credentials with { Secret = new byte[] { 4 } });
        await RegisterAsync();
        await RegisterAsync();

        var counted = await CountedAsync();
        Assert.All(
            new[] { "tunnel", "secret", "duplicate" },
            reason => Assert.Contains($"culvert_edge_registrations_refused_total{{reason=\"{reason}\"}} 1", counted));
    }

    [Fact]
    public async Task Draining_node_ends_a_connection_that_has_not_registered()
    {
        await _drain.CancelAsync();

        await _session.WaitAsync(Limit);
        AssertNotRegistered();
    }

    [Fact]
    public async Task Draining_node_ends_a_connection_with_its_last_stream()
    {
        Assert.IsType<ConnectionDetails>(await RegisterAsync());
        var connection = Assert.Single(_tunnel.Connections);
        await connection.OpenStreamAsync(new RequestHead(), default);

        await _drain.CancelAsync();

        await Task.Run(() => SpinWait.SpinUntil(() => connection.IsDraining, Limit));
        Assert.Null(_tunnel.Pick());
        Assert.False(_session.IsCompleted);
        connection.StreamEnded();
        await _session.WaitAsync(Limit);
        Assert.Empty(_tunnel.Connections);
    }

    [Fact]
    public async Task Connector_of_a_configured_tunnel_is_told_so_and_gets_its_configuration_until_it_leaves()
    {
        var updates = Channel.CreateUnbounded<string>();
        _connection.Configure = (update, _) =>
        {
            updates.Writer.TryWrite($"{update.Version} {Encoding.UTF8.GetString(update.Json.Span)}");
            return Task.FromResult(new ConfigurationUpdateResult(update.Version, null));
        };
        var first = _tunnel.Configure("{}"u8.ToArray(), _time.GetUtcNow());
        Assert.True(Assert.IsType<ConnectionDetails>(await RegisterAsync()).TunnelIsRemotelyManaged);
        Assert.Equal($"{first.Version} {{}}", await updates.Reader.ReadAsync().AsTask().WaitAsync(Limit));
        var second = _tunnel.Configure("null"u8.ToArray(), _time.GetUtcNow());
        Assert.Equal($"{second.Version} null", await updates.Reader.ReadAsync().AsTask().WaitAsync(Limit));
        await _client.UnregisterConnectionAsync(default);
        await _client.CloseAsync();
        await _session.WaitAsync(Limit);
        _tunnel.Configure("{}"u8.ToArray(), _time.GetUtcNow());

        Assert.False(updates.Reader.TryRead(out _));
    }

    [Fact]
    public async Task Unknown_tunnel_may_be_tried_again()
    {
        var error = Assert.IsType<RegistrationError>(await RegisterAsync(_credentials with { TunnelId = Guid.NewGuid() }));

        Assert.Equal("Unauthorized: Tunnel not found", error.Cause);
        Assert.True(error.ShouldRetry);
        AssertNotRegistered();
    }

    [Fact]
    public async Task Wrong_secret_is_final()
    {
        var error = Assert.IsType<RegistrationError>(await RegisterAsync(_credentials with { Secret = new byte[] { 1, 2, 4 } }));

        Assert.Equal(("Invalid tunnel secret", false), (error.Cause, error.ShouldRetry));
        AssertNotRegistered();
    }

    [Fact]
    public async Task Wrong_account_is_final()
    {
        var error = Assert.IsType<RegistrationError>(await RegisterAsync(_credentials with { AccountTag = "other" }));

        Assert.Equal(("Invalid tunnel secret", false), (error.Cause, error.ShouldRetry));
        AssertNotRegistered();
    }

    [Fact]
    public async Task Second_registration_on_one_connection_is_a_duplicate()
    {
        await RegisterAsync();

        Assert.Equal(RegistrationError.Duplicate, Assert.IsType<RegistrationError>(await RegisterAsync()).Cause);
        Assert.Single(_tunnel.Connections);
    }

    [Fact]
    public async Task Refused_connector_may_register_with_the_right_secret()
    {
        await RegisterAsync(_credentials with { Secret = default });

        Assert.IsType<ConnectionDetails>(await RegisterAsync());
        Assert.Single(_tunnel.Connections);
    }

    [Fact]
    public async Task Connector_that_comes_back_closes_its_old_connection()
    {
        var connector = Guid.NewGuid();
        await RegisterAsync(connector: connector);
        var second = new FakeConnectorConnection();
        var session = Start(second);
        await using var client = new RegistrationClient(second.Control);
        await RegisterAsync(client: client, connector: connector);

        Assert.True(_connection.Closed.IsCancellationRequested);
        await _session.WaitAsync(Limit);
        Assert.Single(_tunnel.Connections);
        Assert.False(second.Closed.IsCancellationRequested);
        await second.DisposeAsync();
        await session.WaitAsync(Limit);
        Assert.Empty(_tunnel.Connections);
    }

    [Fact]
    public async Task Unregistered_connection_ends_with_its_last_stream()
    {
        await RegisterAsync();
        var connection = _tunnel.Connections[0];
        await connection.OpenStreamAsync(new RequestHead(), default);
        await _client.UnregisterConnectionAsync(default);
        await _client.CloseAsync();
        Assert.Null(_tunnel.Pick());
        await _time.WaitBegunAsync(_options.DrainTimeout);
        Assert.False(_session.IsCompleted);
        connection.StreamEnded();

        await _session.WaitAsync(Limit);
        Assert.Empty(_tunnel.Connections);
    }

    [Fact]
    public async Task Drain_has_a_limit()
    {
        await RegisterAsync();
        await _tunnel.Connections[0].OpenStreamAsync(new RequestHead(), default);
        await _client.UnregisterConnectionAsync(default);
        await _client.CloseAsync();
        await _time.WaitBegunAsync(_options.DrainTimeout);
        _time.Advance(_options.DrainTimeout);

        await _session.WaitAsync(Limit);
        Assert.Empty(_tunnel.Connections);
    }

    [Fact]
    public async Task Connector_that_does_not_register_in_time_is_left()
    {
        await _time.WaitBegunAsync(_options.RegistrationTimeout);
        _time.Advance(_options.RegistrationTimeout);

        await _session.WaitAsync(Limit);
        AssertNotRegistered();
    }

    [Fact]
    public async Task Registered_connection_has_no_time_limit()
    {
        await RegisterAsync();
        _time.Advance(TimeSpan.FromDays(30));
        await _client.UpdateLocalConfigurationAsync("{}"u8.ToArray(), default);

        Assert.False(_session.IsCompleted);
        Assert.Single(_tunnel.Connections);
    }

    [Fact]
    public async Task Lost_connection_leaves_its_tunnel()
    {
        await RegisterAsync();
        _time.Advance(TimeSpan.FromMinutes(7));
        await _connection.DisposeAsync();
        await _session.WaitAsync(Limit);

        Assert.Empty(_tunnel.Connections);
        Assert.Equal(_time.GetTimestamp(), _tunnel.LastUsed);
    }

    [Fact]
    public async Task Enormous_configuration_is_refused_and_the_connection_stays()
    {
        await RegisterAsync();
        var e = await Assert.ThrowsAsync<RpcException>(
            () => _client.UpdateLocalConfigurationAsync(new byte[(1024 * 1024) + 1], default).AsTask());

        Assert.Contains("configuration larger than", e.Message);
        Assert.Single(_tunnel.Connections);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _session.WaitAsync(Limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _client.DisposeAsync();
        _stop.Dispose();
        _drain.Dispose();
    }

    private Task Start(FakeConnectorConnection connection) =>
        new ConnectorSession(
            connection, _options, _directory, new FlowTable(_options.Flows, _time), _metrics, _time, NullLogger.Instance,
            () => Interlocked.Increment(ref _registered)).RunAsync(_stop.Token, _drain.Token);

    private async Task<string[]> CountedAsync()
    {
        using var text = new MemoryStream();
        await _metrics.Registry.CollectAndExportAsTextAsync(text);
        return Encoding.UTF8.GetString(text.ToArray()).Split('\n');
    }

    private Task<RegistrationResult> RegisterAsync(
        TunnelCredentials? credentials = null, RegistrationClient? client = null, Guid? connector = null)
    {
        var used = credentials ?? _credentials;
        var request = new RegistrationRequest(
            new TunnelAuth(used.AccountTag, used.Secret), used.TunnelId, 2,
            new ConnectorInfo(connector ?? Guid.NewGuid(), [], "2026.8.2", "linux_amd64"), IPAddress.Loopback, false, 0, 0);
        return (client ?? _client).RegisterConnectionAsync(request, default).AsTask().WaitAsync(Limit);
    }

    private void AssertNotRegistered()
    {
        Assert.Empty(_tunnel.Connections);
        Assert.Equal(0, _registered);
    }
}
