using System.Net;
using Culvert.Connector.RemoteFeatures;
using Culvert.Connector.Supervision;
using Culvert.Connector.Tests.Fixtures;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Tests.Fixtures;
using Culvert.Transports.Credentials;
using Culvert.Transports.Tls;

namespace Culvert.Connector.Tests.RemoteFeatures;

/// <summary>The record as a server on loopback has it, on a clock that the test moves.</summary>
public sealed class ProtocolSelectorTests
{
    private const string Http2For100 = """[{"protocol":"http2","percentage":100}]""";
    private const string Http2For0 = """[{"protocol":"http2","percentage":0}]""";
    private const string Http2ForMinus1 = """[{"protocol":"http2","percentage":-1}]""";
    private const string QuicFor100 = """[{"protocol":"quic","percentage":100}]""";

    private readonly FakeTime _time = new();
    private readonly LineLogger _log = new();

    [Theory]
    [InlineData(Http2For100, TunnelProtocol.Http2)]
    [InlineData(Http2For0, TunnelProtocol.Auto)]
    [InlineData("[]", TunnelProtocol.Auto)]
    [InlineData("garbage", TunnelProtocol.Auto)]
    [InlineData(null, TunnelProtocol.Auto)]
    public async Task S11_3_RecordDecidesAndNoneLeavesBoth(string? record, TunnelProtocol protocol)
    {
        using var dns = new LoopbackDns(record is null ? [] : [record]);
        await using var selector = await StartAsync(dns);

        Assert.Equal(protocol, selector.Current);
        Assert.StartsWith(
            record is null or "garbage" ? "Unable to lookup protocol percentage." : "Fetched protocol: ",
            Assert.Single(_log.Lines));
    }

    // The fourth row of the table: each record has replaced the one before when it is asked for. "garbage" is the question that
    // fails.
    [Fact]
    public async Task S11_3_RecordThatChangesIsFollowedAndAFailureKeepsTheLastAnswer()
    {
        using var dns = new LoopbackDns(Http2For100);
        await using var selector = await StartAsync(dns);
        var seen = new List<TunnelProtocol> { selector.Current };
        foreach (var record in (string[])[Http2For0, Http2For100, "garbage", Http2ForMinus1, Http2For0, QuicFor100])
        {
            dns.Records = [record];
            _time.Advance(ProtocolSelector.Lifetime);
            await selector.RefreshAsync(default).InTime();
            seen.Add(selector.Current);
        }

        Assert.Equal(
            [
                TunnelProtocol.Http2, TunnelProtocol.Auto, TunnelProtocol.Http2, TunnelProtocol.Http2, TunnelProtocol.Auto,
                TunnelProtocol.Auto, TunnelProtocol.Auto,
            ],
            seen);
        Assert.Single(_log.Lines, line => line.StartsWith("Failed to refresh protocol", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3650)]
    [InlineData(-3650)]
    public async Task S4_2_AnswerHoldsForAnHourHoweverOftenItIsAskedForAndWhateverTheDate(int days)
    {
        using var dns = new LoopbackDns(Http2For100);
        await using var selector = await StartAsync(dns);
        dns.Records = [Http2For0];
        var asked = dns.Asked;
        _time.Jump(TimeSpan.FromDays(days));
        _time.Advance(ProtocolSelector.Lifetime - TimeSpan.FromTicks(1));
        for (var i = 0; i < 100; i++)
        {
            Assert.True(selector.RefreshAsync(default).IsCompletedSuccessfully);
        }

        Assert.Equal((TunnelProtocol.Http2, asked), (selector.Current, dns.Asked));
        _time.Advance(TimeSpan.FromTicks(1));
        await selector.RefreshAsync(default).InTime();
        Assert.Equal(TunnelProtocol.Auto, selector.Current);
    }

    [Fact]
    public async Task S4_2_QuestionThatFailedIsPutAgainAfterAMinute()
    {
        using var dns = new LoopbackDns("garbage");
        await using var selector = await StartAsync(dns);
        dns.Records = [Http2For100];
        _time.Advance(ProtocolSelector.Pause - TimeSpan.FromTicks(1));
        await selector.RefreshAsync(default).InTime();
        Assert.Equal(TunnelProtocol.Auto, selector.Current);

        _time.Advance(TimeSpan.FromTicks(1));
        await selector.RefreshAsync(default).InTime();
        Assert.Equal(TunnelProtocol.Http2, selector.Current);
    }

    [Fact]
    public async Task Connections_wait_a_second_for_dead_dns_and_share_one_question()
    {
        using var dns = new LoopbackDns(Http2For100);
        var selector = await StartAsync(dns);
        dns.Records = null;
        _time.Advance(ProtocolSelector.Lifetime);
        Task[] waiting = [.. Enumerable.Range(0, 4).Select(_ => selector.RefreshAsync(default))];
        foreach (var _ in waiting)
        {
            await _time.WaitBegunAsync(ProtocolSelector.LongestWait);
        }

        await Deadline.UntilAsync(() => dns.Asked > 1, "a question");
        Assert.All(waiting, wait => Assert.False(wait.IsCompleted));
        _time.Advance(ProtocolSelector.LongestWait);
        await Task.WhenAll(waiting).InTime();

        Assert.Equal(TunnelProtocol.Http2, selector.Current);
        _time.Advance(FeatureRecordSource.Timeout);
        await Deadline.UntilAsync(() => _log.Lines.Length > 1, "the end of the question");
        await selector.DisposeAsync();
        Assert.Equal(2, _log.Lines.Length);
        Assert.Equal("Fetched protocol: http2", _log.Lines[0]);
        // On a machine that was away for long the resolver's client gives up first, in its own words.
        Assert.StartsWith("Failed to refresh protocol lookup protocol.test: ", _log.Lines[1]);
    }

    [Fact]
    public async Task Connection_that_gives_up_does_not_wait_and_the_question_ends_with_the_selector()
    {
        using var dns = new LoopbackDns(Http2For100);
        var selector = await StartAsync(dns);
        dns.Records = null;
        _time.Advance(ProtocolSelector.Lifetime);
        using var stop = new CancellationTokenSource();
        var waiting = selector.RefreshAsync(stop.Token);
        await Deadline.UntilAsync(() => dns.Asked > 1, "a question");
        await stop.CancelAsync();
        await waiting.InTime();

        await selector.DisposeAsync().AsTask().InTime();
        Assert.True(selector.RefreshAsync(default).IsCompleted);
    }

    [Fact]
    public async Task Dead_dns_holds_the_start_up_for_ten_seconds_at_most()
    {
        using var dns = new LoopbackDns(null);
        var starting = StartAsync(dns);
        await _time.WaitBegunAsync(FeatureRecordSource.Timeout);
        Assert.False(starting.IsCompleted);
        _time.Advance(FeatureRecordSource.Timeout);
        await using var selector = await starting.InTime();

        Assert.Equal(TunnelProtocol.Auto, selector.Current);
        Assert.StartsWith(
            "Unable to lookup protocol percentage. lookup protocol.test: ", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task S4_2_ConnectorBeginsWithWhatTheRecordSays()
    {
        using var dns = new LoopbackDns(Http2For100);
        using var stop = new CancellationTokenSource();
        var options = new ConnectorOptions
        {
            Credentials = new TunnelCredentials("123456", Guid.NewGuid(), new byte[] { 1, 2, 3 }),
            EdgeAddresses = [new IPEndPoint(IPAddress.Loopback, 1)],
            Trust = EdgeTrust.Default(),
            Ingress = IngressSnapshot.CatchAll(new OriginService.Status(404)),
            ProtocolRecord = new FeatureRecordSource("protocol.test", dns.Address),
            Icmp = null,
        };
        var running = new Connector(options, _log).RunAsync(stop.Token);
        await Deadline.UntilAsync(
            () => _log.Lines.Any(line => line.StartsWith("Initial protocol", StringComparison.Ordinal)), "a transport");
        await stop.CancelAsync();
        await running.InTime();

        Assert.Contains("Initial protocol http2", _log.Lines);
    }

    // The account's hundredth is 74.
    private Task<ProtocolSelector> StartAsync(LoopbackDns dns) => ProtocolSelector.StartAsync(
        new FeatureRecordSource("protocol.test", dns.Address), "123456", _time, _log, CancellationToken.None);
}
