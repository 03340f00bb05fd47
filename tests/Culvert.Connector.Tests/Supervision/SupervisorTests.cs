using System.Collections.Concurrent;
using System.Net;
using Culvert.Connector.EdgeAddresses;
using Culvert.Connector.Metrics;
using Culvert.Connector.Orchestration;
using Culvert.Connector.Registration;
using Culvert.Connector.RemoteFeatures;
using Culvert.Connector.Supervision;
using Culvert.Connector.Tests.Fixtures;
using Culvert.Engine.Flows;
using Culvert.Engine.Metrics;
using Culvert.Engine.Proxying;
using Culvert.Engine.Routing;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Tests.Fixtures;
using Culvert.Transports.Credentials;
using Culvert.Transports.Registration;
using Culvert.Transports.Tls;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Connector.Tests.Supervision;

/// <summary>Connections on a network that does as the test says, with a clock that the test moves.</summary>
public sealed class SupervisorTests : IAsyncLifetime, IDisposable
{
    // Milliseconds that what a timer began gets on a busy machine before it is seen in the state of a connection.
    private const int LeastTurns = 10;

    private static readonly IngressSnapshot Ingress = IngressSnapshot.CatchAll(new OriginService.Status(404));

    private readonly FakeTime _time = new();
    private readonly FakeNetwork _network;
    private readonly ConnectionTracker _tracker = new();
    private readonly ConnectorMetrics _metrics = new("2026.8.2");
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(300));
    private readonly ConnectorOptions _options = new()
    {
        Credentials = new TunnelCredentials("acct", Guid.NewGuid(), new byte[] { 1, 2, 3 }),
        EdgeAddresses = [.. Enumerable.Range(1, 4).Select(i => IPEndPoint.Parse($"10.0.0.{i}:7844"))],
        Trust = EdgeTrust.Default(),
        Ingress = Ingress,
        RpcTimeout = TimeSpan.FromHours(1),
    };

    private Proxy _proxy = null!;
    private GracePeriod _grace = null!;
    private ILogger _log = NullLogger.Instance;
    private Supervisor _supervisor = null!;
    private ProtocolSelector? _selector;
    private Task _running = Task.CompletedTask;

    public SupervisorTests() => _network = new FakeNetwork(_time);

    public async Task InitializeAsync()
    {
        _proxy = new Proxy(await OriginTable.StartAsync(Ingress, new ProxyMetrics(), default), NullLogger.Instance);
        _grace = new GracePeriod(_options.GracePeriod, _time, _stop.Token);
    }

    [Fact]
    public async Task First_connection_registers_before_any_other_is_dialled_and_they_follow_a_second_apart()
    {
        Start();
        await UntilAsync(() => _network.Up.Count == 4);
        var at = _network.Dials.Select(dial => dial.At).ToArray();

        Assert.Equal([0, 1, 2, 3], _network.Dials.Select(dial => (int)dial.Index));
        Assert.InRange(at[2] - at[1], Supervisor.Spacing, 2 * Supervisor.Spacing);
        Assert.InRange(at[3] - at[2], Supervisor.Spacing, 2 * Supervisor.Spacing);
    }

    [Fact]
    public async Task Others_wait_as_long_as_the_first_has_not_registered()
    {
        _network.Registers = _ => new RegistrationError("Unauthorized: not yet", TimeSpan.Zero, ShouldRetry: true);
        Start();
        await UntilAsync(() => _network.Dials.Count >= 5);

        Assert.All(_network.Dials, dial => Assert.Equal(0, dial.Index));
    }

    [Fact]
    public async Task Connections_have_different_addresses_and_no_more_than_there_are()
    {
        Start(connections: 9);
        await UntilAsync(() => _network.Up.Count == 4);
        await PassAsync(TimeSpan.FromSeconds(10));

        Assert.Equal(4, _network.Dials.Count);
        Assert.Equal(4, _network.Dials.Select(dial => dial.RemoteEndPoint).Distinct().Count());
    }

    [Fact]
    public async Task Failed_dial_changes_the_address_and_a_lost_connection_does_not()
    {
        Start(connections: 1);
        await UntilAsync(() => _network.Up.Count == 1);
        var first = _network.Up[0];
        first.Lose();
        await UntilAsync(() => _network.Dials.Count == 2 && _network.Up.Count == 1);
        Assert.Equal(first.RemoteEndPoint, _network.Up[0].RemoteEndPoint);
        _network.Answers = (_, address) => !address.Equals(first.RemoteEndPoint);
        _network.Up[0].Lose();
        await UntilAsync(() => _network.Dials.Count >= 4 && _network.Up.Count == 1);

        Assert.Equal(first.RemoteEndPoint, _network.Dials[2].RemoteEndPoint);
        Assert.NotEqual(first.RemoteEndPoint, _network.Up[0].RemoteEndPoint);
    }

    [Theory]
    [InlineData("quic")]
    [InlineData("http2")]
    public async Task Duplicate_connection_tries_another_address(string protocol)
    {
        var refused = _options.EdgeAddresses[0];
        _network.Registers = dial => dial.RemoteEndPoint.Equals(refused)
            ? new RegistrationError("EDUPCONN", TimeSpan.Zero, ShouldRetry: true)
            : new ConnectionDetails(Guid.NewGuid(), "LCL", TunnelIsRemotelyManaged: true);
        Start(connections: 4, protocols: protocol);
        await UntilAsync(() => _network.Up.Count == 3 && _network.Dials.Count > 6);

        var by = _network.Dials.Where(dial => dial.RemoteEndPoint.Equals(refused)).ToList();
        Assert.DoesNotContain(_network.Up, dial => dial.RemoteEndPoint.Equals(refused));
        Assert.NotEmpty(by);
    }

    [Fact]
    public async Task Registration_tells_how_many_attempts_failed_and_none_after_a_success()
    {
        var refusals = 7;
        _network.Registers = _ => refusals-- > 0
            ? new RegistrationError("try again", TimeSpan.Zero, ShouldRetry: true)
            : new ConnectionDetails(Guid.NewGuid(), "LCL", TunnelIsRemotelyManaged: true);
        Start(connections: 1);
        await UntilAsync(() => _network.Up.Count == 1);
        _network.Up[0].Lose();
        await UntilAsync(() => _network.Dials.Count == 9 && _network.Up.Count == 1);

        Assert.Equal([0, 1, 2, 3, 4, 5, 5, 5, 1], _network.Dials.Select(dial => (int)dial.Request!.PreviousAttempts));
    }

    [Fact]
    public async Task Final_refusal_of_the_first_registration_ends_everything()
    {
        _network.Registers = _ => new RegistrationError("tunnel not found", TimeSpan.Zero, ShouldRetry: false);
        Start();

        var refusal = await Assert.ThrowsAsync<RegistrationRefusedException>(
            () => UntilAsync(() => _running.IsCompleted, ends: true));
        Assert.Equal("tunnel not found", refusal.Message);
        Assert.Single(_network.Dials);
        Assert.Equal(ConnectionState.Ended, Assert.Single(_tracker.Connections).State);
    }

    [Fact]
    public async Task Final_refusal_after_a_success_is_tried_again()
    {
        Start(connections: 1);
        await UntilAsync(() => _network.Up.Count == 1);
        _network.Registers = _ => new RegistrationError("tunnel not found", TimeSpan.Zero, ShouldRetry: false);
        _network.Up[0].Lose();
        await UntilAsync(() => _network.Dials.Count >= 5);

        Assert.False(_running.IsCompleted);
    }

    [Fact]
    public async Task Edge_that_names_a_wait_is_not_asked_before()
    {
        _network.Registers = _ => new RegistrationError("later", TimeSpan.FromSeconds(20), ShouldRetry: true);
        Start(connections: 1);
        await UntilAsync(() => _network.Dials.Count == 3);
        var at = _network.Dials.Select(dial => dial.At).ToArray();

        Assert.InRange(at[1] - at[0], TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(30));
        Assert.InRange(at[2] - at[1], TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task K32_LosingTheLastConnectionIsAnErrorAndLosingAnotherAWarning()
    {
        var log = new LevelLog();
        _log = log;
        Start(connections: 2);
        await UntilAsync(() => _network.Up.Count == 2);
        _network.Registers = _ => new RegistrationError("Unauthorized: not now", TimeSpan.FromMinutes(1), ShouldRetry: true);

        _network.Up[0].Lose();
        await UntilAsync(() => log.Of("Connection terminated").Count == 1);
        _network.Up[0].Lose();
        await UntilAsync(() => log.Of("Connection terminated").Count == 2);

        Assert.Equal([LogLevel.Warning, LogLevel.Error], log.Of("Connection terminated"));
    }

    [Fact]
    public async Task K33_ConnectionThatIsBrokenOnPurposeComesBackAfterTheDelay()
    {
        Start();
        await UntilAsync(() => _network.Up.Count == 4);
        var broken = _time.GetUtcNow();

        Assert.True(_supervisor.Break(TimeSpan.FromSeconds(15)));
        await UntilAsync(() => _network.Up.Count == 3);
        await UntilAsync(() => _network.Up.Count == 4);
        Assert.InRange(_time.GetUtcNow() - broken, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(16));
        Assert.Equal(5, _network.Dials.Count);
    }

    [Fact]
    public async Task Connection_that_ends_by_itself_as_it_is_to_be_broken_is_not_and_waits_as_after_any_loss()
    {
        var broken = new List<bool>();
        _network.Unserved = _ => broken.Add(_supervisor.Break(TimeSpan.FromMinutes(1)));
        Start(connections: 1);
        await UntilAsync(() => _network.Up.Count == 1);
        var lost = _time.GetUtcNow();
        _network.Up[0].Lose();
        await UntilAsync(() => _network.Up.Count == 1);

        Assert.Equal([false], broken);
        Assert.InRange(_time.GetUtcNow() - lost, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Edge_that_refuses_every_dial_is_neither_hammered_nor_given_up()
    {
        _network.Answers = (_, _) => false;
        Start();
        await PassAsync(TimeSpan.FromMinutes(1));

        // One connection, whose waits have a mean of two and a half seconds and never exceed five.
        Assert.InRange(_network.Dials.Count, 10, 60);
        Assert.False(_running.IsCompleted);
        _network.Answers = (_, _) => true;
        var back = _time.GetUtcNow();
        await UntilAsync(() => _network.Up.Count == 4);
        Assert.InRange(_time.GetUtcNow() - back, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Date_that_is_set_loses_no_connection_and_changes_no_wait()
    {
        int[] days = [1, -1, -1, 3651, -7300, 3650];
        Start();
        await UntilAsync(() => _network.Up.Count == 4);
        foreach (var jump in days)
        {
            _time.Jump(TimeSpan.FromDays(jump));
            await PassAsync(TimeSpan.FromSeconds(20));
        }

        Assert.Equal((4, 4), (_network.Up.Count, _network.Dials.Count));

        // In an outage as well: each of four connections has waits with a mean of two and a half seconds that never exceed five.
        _network.Answers = (_, _) => false;
        _network.Cut("quic");
        foreach (var jump in days)
        {
            _time.Jump(TimeSpan.FromDays(jump));
            await PassAsync(TimeSpan.FromSeconds(5));
        }

        Assert.InRange(_network.Dials.Count - 4, 4 * 5, 4 * 30);
        _network.Answers = (_, _) => true;
        _time.Jump(TimeSpan.FromDays(-3650));
        var back = _time.GetTimestamp();
        await UntilAsync(() => _network.Up.Count == 4);
        Assert.InRange(_time.GetElapsedTime(back), TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task All_are_back_within_ten_seconds_of_an_outage()
    {
        Start();
        await UntilAsync(() => _network.Up.Count == 4);
        for (var outage = 0; outage < 2; outage++)
        {
            _network.Answers = (_, _) => false;
            _network.Cut("quic");
            _network.Cut("http2");
            await PassAsync(TimeSpan.FromSeconds(40));
            Assert.Empty(_network.Up);
            _network.Answers = (_, _) => true;
            var back = _time.GetUtcNow();
            await UntilAsync(() => _network.Up.Count == 4);
            Assert.InRange(_time.GetUtcNow() - back, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        }
    }

    [Fact]
    public async Task Blocked_udp_leads_to_http2_and_back_while_requests_always_have_a_connection()
    {
        Start();
        await UntilAsync(() => _network.Up.Count == 4);
        Assert.All(_network.Up, dial => Assert.Equal("quic", dial.Protocol));
        _network.Answers = (protocol, _) => protocol != "quic";
        _network.Cut("quic");
        var before = _network.Dials.Count;
        await UntilAsync(() => !_network.Up.Any(dial => dial.Protocol == "quic"));
        await UntilAsync(() => _network.Up.Count == 4);
        Assert.All(_network.Up, dial => Assert.Equal("http2", dial.Protocol));
        var failed = _network.Dials.Skip(before).TakeWhile(dial => dial.Protocol == "quic").Count();
        Assert.True(failed > _options.MaxEdgeAddressRetries, $"{failed} dials failed before the change");

        await PassAsync(TimeSpan.FromMinutes(3));
        Assert.All(_network.Up, dial => Assert.Equal("http2", dial.Protocol));
        _network.Answers = (_, _) => true;
        var least = 4;
        await UntilAsync(() =>
        {
            least = Math.Min(least, _network.Up.Count);
            return _network.Up.Count == 4 && _network.Up.All(dial => dial.Protocol == "quic");
        });
        Assert.InRange(least, 3, 4);
    }

    [Fact]
    public async Task S4_2_RecordThatChangedCountsForConnectionsThatAreLostAfterItExpired()
    {
        using var dns = new LoopbackDns("""[{"protocol":"quic","percentage":100}]""");
        _selector = await ProtocolSelector.StartAsync(
            new FeatureRecordSource("protocol.test", dns.Address), "123456", _time, NullLogger.Instance, default);
        Start();
        await UntilAsync(() => _network.Up.Count == 4);
        dns.Records = ["""[{"protocol":"http2","percentage":100}]"""];
        await LoseAsync(_network.Up[0]);
        Assert.All(_network.Up, dial => Assert.Equal("quic", dial.Protocol));

        // Nobody looks while all are up.
        _time.Advance(ProtocolSelector.Lifetime);
        await SettleAsync();
        Assert.All(_network.Up, dial => Assert.Equal("quic", dial.Protocol));
        await LoseAsync(_network.Up[0]);
        Assert.Equal(3, _network.Up.Count(dial => dial.Protocol == "quic"));

        // QUIC is looked for only once the record allows it.
        _time.Advance(ProtocolSelector.Lifetime);
        await SettleAsync();
        Assert.Equal(3, _network.Up.Count(dial => dial.Protocol == "quic"));
        dns.Records = ["""[{"protocol":"quic","percentage":100}]"""];
        await LoseAsync(_network.Up.First(dial => dial.Protocol == "http2"));
        await UntilAsync(() => _network.Up.Count == 4 && _network.Up.All(dial => dial.Protocol == "quic"));

        async Task LoseAsync(FakeDial dial)
        {
            dial.Lose();
            await UntilAsync(() => _network.Up.Count == 4 && !_network.Up.Contains(dial));
        }
    }

    [Fact]
    public async Task Readiness_follows_the_connections()
    {
        Start();
        await UntilAsync(() => _tracker.Ready == 4);
        _network.Up[0].Lose();
        await UntilAsync(() => _tracker.Ready == 3);
        await UntilAsync(() => _tracker.Ready == 4);
        await _stop.CancelAsync();
        await UntilAsync(() => _tracker.Ready == 0);

        await UntilAsync(() => _running.IsCompleted);
        Assert.All(_tracker.Connections, connection => Assert.Equal(ConnectionState.Ended, connection.State));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stop_ends_what_waits_at_once(bool answers)
    {
        _network.Answers = (_, _) => answers;
        _network.Registers = _ => new RegistrationError("later", TimeSpan.FromSeconds(50), ShouldRetry: true);
        Start();
        await UntilAsync(() => _tracker.Connections is [{ State: ConnectionState.Waiting }]);
        await _stop.CancelAsync();
        await _running.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(ConnectionState.Ended, _tracker.Connections[0].State);
    }

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        while (!_running.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            await Task.Delay(1, _limit.Token);
        }

        if (_selector is not null)
        {
            await _selector.DisposeAsync();
        }

        _grace.Dispose();
        await _proxy.DisposeAsync();
    }

    public void Dispose()
    {
        _stop.Dispose();
        _limit.Dispose();
    }

    private void Start(int connections = 4, params string[] protocols)
    {
        var dialers = new EdgeDialers(_selector, (protocols.Length > 0 ? protocols : ["quic", "http2"]).Select(_network.Dialer));
        var orchestrator = new Orchestrator(_options, _proxy, new FlowLimiter(), _metrics, NullLogger.Instance, _stop.Token);
        var supervisor = _supervisor = new Supervisor(
            EdgeAddressPool.OfStatic(_options.EdgeAddresses, _time), dialers, _options.MaxEdgeAddressRetries, _tracker, _time,
            NullLogger.Instance);
        var identity = new ConnectorInfo(Guid.NewGuid(), [], "2026.8.2", "linux_amd64");
        _running = supervisor.RunAsync(
            connections,
            index => new EdgeConnectionLoop(
                index, supervisor,
                (connection, failed, leave) => new EdgeConnectionHandler(
                    connection, _options, identity, orchestrator, failed, _grace, _time, NullLogger.Instance, _metrics,
                    leave: leave),
                _options.Retries, _metrics, _time, _log),
            _grace);
    }

    // Moves the clock from timer to timer, and lets what they wake run in between, until something is so. Without a timer
    // somebody is still about to begin one.
    private async Task UntilAsync(Func<bool> condition, bool ends = false)
    {
        await SettleAsync();
        while (!condition() && !_running.IsFaulted)
        {
            if (_time.UntilNext is { } next)
            {
                _time.Advance(next);
            }

            await SettleAsync();
        }

        if (ends || _running.IsFaulted)
        {
            await _running;
        }
    }

    private async Task PassAsync(TimeSpan time)
    {
        await SettleAsync();
        for (var end = _time.GetUtcNow() + time; _time.GetUtcNow() < end; await SettleAsync())
        {
            var rest = end - _time.GetUtcNow();
            _time.Advance(_time.UntilNext is { } next && next < rest ? next : rest);
        }
    }

    // A dial and a registration take no time on the clock, but some of a busy machine's: the clock must not run out meanwhile.
    private async Task SettleAsync()
    {
        for (var turn = 0; turn < LeastTurns || IsBusy(); turn++)
        {
            await Task.Delay(1, _limit.Token);
        }
    }

    // What was cut has not been noticed yet, or is on its way.
    private bool IsBusy() => !_running.IsCompleted
        && (_tracker.Connections.Count(connection => connection.State is ConnectionState.Serving or ConnectionState.Draining)
                != _network.Up.Count
            || _tracker.Connections.Any(
                connection => connection.State is ConnectionState.Dialling or ConnectionState.Registering));

    /// <summary>Keeps the level of each event.</summary>
    private sealed class LevelLog : ILogger
    {
        private readonly ConcurrentQueue<(LogLevel Level, string Text)> _events = new();

        public IReadOnlyList<LogLevel> Of(string text) =>
            [.. _events.Where(line => line.Text.StartsWith(text, StringComparison.Ordinal)).Select(line => line.Level)];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _events.Enqueue((logLevel, formatter(state, exception)));
    }
}
