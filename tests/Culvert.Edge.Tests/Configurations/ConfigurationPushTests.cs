using System.Threading.Channels;
using Culvert.Edge.Configurations;
using Culvert.Edge.Tests.Fixtures;
using Culvert.Edge.Tunnels;
using Culvert.Tests.Fixtures;
using Culvert.Transports.Configuration;
using Culvert.Transports.Credentials;
using Culvert.Transports.Streams;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Edge.Tests.Configurations;

public sealed class ConfigurationPushTests : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly FakeTime _time = new();
    private readonly FakeConnectorConnection _transport = new();
    private readonly Channel<int> _sent = Channel.CreateUnbounded<int>();
    private readonly CancellationTokenSource _ended = new();
    private readonly Tunnel _tunnel;
    private readonly TunnelConnection _connection;
    private Func<int, CancellationToken, Task<ConfigurationUpdateResult>> _answer =
        (version, _) => Task.FromResult(new ConfigurationUpdateResult(version, null));

    private Task _running = Task.CompletedTask;

    public ConfigurationPushTests()
    {
        _tunnel = new Tunnel(
            new TunnelCredentials("acct", Guid.NewGuid(), new byte[] { 1 }), "a.example", isQuick: false, _time.GetTimestamp());
        _connection = new TunnelConnection(_transport, Guid.NewGuid(), 0);
        _transport.Configure = (update, cancellationToken) =>
        {
            _sent.Writer.TryWrite(update.Version);
            return _answer(update.Version, cancellationToken);
        };
    }

    [Fact]
    public async Task Tunnel_without_a_configuration_sends_none_until_there_is_one()
    {
        Start();
        Assert.False(_sent.Reader.TryRead(out _));
        var version = Configure();

        Assert.Equal(version, await SentAsync());
        await AnsweredAsync(version);
    }

    [Fact]
    public async Task Each_configuration_is_sent_once()
    {
        var first = Configure();
        Start();
        Assert.Equal(first, await SentAsync());
        await AnsweredAsync(first);
        _tunnel.LeaveUnconfigured();
        var second = Configure();

        Assert.Equal(second, await SentAsync());
        await AnsweredAsync(second);
        Assert.False(_sent.Reader.TryRead(out _));
    }

    [Fact]
    public async Task Refused_configuration_is_not_sent_again_but_the_next_one_is()
    {
        _answer = (_, _) => Task.FromResult(new ConfigurationUpdateResult(3, "no such file"));
        Configure();
        Start();
        await SentAsync();
        await AnsweredAsync(3);
        Assert.Equal("no such file", _connection.Configured!.Error);
        _answer = (version, _) => Task.FromResult(new ConfigurationUpdateResult(version, null));
        var second = Configure();

        Assert.Equal(second, await SentAsync());
        await AnsweredAsync(second);
        Assert.False(_sent.Reader.TryRead(out _));
    }

    [Fact]
    public async Task Configuration_that_is_not_answered_is_sent_five_times()
    {
        _answer = (_, _) => throw new ConnectorLostException("lost");
        var version = Configure();
        Start();
        var wait = ConfigurationPush.FirstRetry;
        for (var attempt = 1; attempt < ConfigurationPush.MaxAttempts; attempt++)
        {
            Assert.Equal(version, await SentAsync());
            await _time.WaitBegunAsync(wait);
            _time.Advance(wait);
            wait *= 2;
        }

        Assert.Equal(version, await SentAsync());
        _time.Advance(TimeSpan.FromDays(1));
        _answer = (next, _) => Task.FromResult(new ConfigurationUpdateResult(next, null));
        var second = Configure();
        Assert.Equal(second, await SentAsync());
    }

    [Fact]
    public async Task Connector_that_does_not_answer_in_time_is_asked_again()
    {
        _answer = async (_, cancellationToken) =>
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new InvalidOperationException();
        };
        var version = Configure();
        Start();
        await SentAsync();
        await _time.WaitBegunAsync(ConfigurationPush.AnswerLimit);
        _time.Advance(ConfigurationPush.AnswerLimit);
        await _time.WaitBegunAsync(ConfigurationPush.FirstRetry);
        _answer = (next, _) => Task.FromResult(new ConfigurationUpdateResult(next, null));
        _time.Advance(ConfigurationPush.FirstRetry);

        Assert.Equal(version, await SentAsync());
        await AnsweredAsync(version);
    }

    [Fact]
    public async Task Newer_configuration_does_not_wait_for_the_next_attempt()
    {
        _answer = (_, _) => throw new ConnectorLostException("lost");
        Configure();
        Start();
        await SentAsync();
        await _time.WaitBegunAsync(ConfigurationPush.FirstRetry);
        _answer = (next, _) => Task.FromResult(new ConfigurationUpdateResult(next, null));
        var second = Configure();

        Assert.Equal(second, await SentAsync());
        await AnsweredAsync(second);
    }

    [Fact]
    public async Task Ends_with_its_connection_whatever_it_does()
    {
        _answer = (_, _) => throw new ConnectorLostException("lost");
        Configure();
        Start();
        await SentAsync();
        await _time.WaitBegunAsync(ConfigurationPush.FirstRetry);
        await _ended.CancelAsync();

        await _running.WaitAsync(Limit);
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _running.WaitAsync(Limit);
        _ended.Dispose();
    }

    private void Start() =>
        _running = new ConfigurationPush(_tunnel, _connection, _time, NullLogger.Instance).RunAsync(_ended.Token);

    private int Configure() => _tunnel.Configure("{}"u8.ToArray(), _time.GetUtcNow()).Version;

    private Task<int> SentAsync() => _sent.Reader.ReadAsync().AsTask().WaitAsync(Limit);

    private async Task AnsweredAsync(int version)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (_connection.Configured?.LatestAppliedVersion != version)
        {
            await Task.Delay(1, limit.Token);
        }
    }
}
