using Culvert.Connector.RemoteFeatures;
using Culvert.Connector.Tests.Fixtures;
using Culvert.Tests.Fixtures;

namespace Culvert.Connector.Tests.RemoteFeatures;

public sealed class FeatureSelectorTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly FakeTime _time = new();
    private readonly LineLogger _log = new();

    // T08: the hash is 74, and the percentage has to be above it.
    [Theory]
    [InlineData(0, false)]
    [InlineData(10, false)]
    [InlineData(73, false)]
    [InlineData(74, false)]
    [InlineData(75, true)]
    [InlineData(100, true)]
    [InlineData(101, true)]
    [InlineData(1000, true)]
    public async Task T08_C4_percentage_above_the_accounts_hash_turns_version_3_on(uint percentage, bool on)
    {
        using var dns = new LoopbackDns($"{{\"dv3_2\":{percentage}}}", "{\"dv3_2\":50}");
        await using var selector = await StartAsync(dns);

        Assert.Equal(on, selector.DatagramV3);
    }

    [Fact]
    public async Task Strings_of_a_record_are_one_text()
    {
        using var dns = new LoopbackDns("{\"padding\":\"" + new string('x', 300) + "\",\"dv3_2\":100}");
        await using var selector = await StartAsync(dns);

        Assert.True(selector.DatagramV3);
    }

    [Theory]
    [InlineData("garbage", "JSON")]
    [InlineData(null, "no TXT record found for features.test to determine which features to opt-in")]
    public async Task C5_Without_a_record_nothing_is_known_and_the_start_goes_on(string? record, string error)
    {
        using var dns = new LoopbackDns(record is null ? [] : [record]);
        await using var selector = await StartAsync(dns);

        Assert.Null(selector.DatagramV3);
        Assert.Contains(
            _log.Lines, line => line.StartsWith("Failed to fetch features, default to disable", StringComparison.Ordinal)
                && line.Contains(error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Dead_dns_holds_the_start_up_for_ten_seconds_at_most()
    {
        using var dns = new LoopbackDns(null);
        var starting = StartAsync(dns);
        await _time.WaitBegunAsync(FeatureRecordSource.Timeout);
        Assert.False(starting.IsCompleted);
        _time.Advance(FeatureRecordSource.Timeout);
        await using var selector = await starting.WaitAsync(Limit);

        Assert.Null(selector.DatagramV3);
        Assert.Contains(_log.Lines, line => line.EndsWith("no answer within 10 s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stop_is_not_held_up_by_dead_dns()
    {
        using var dns = new LoopbackDns(null);
        using var stop = new CancellationTokenSource();
        var starting = StartAsync(dns, stop.Token);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting.WaitAsync(Limit));
    }

    // T09.
    [Fact]
    public async Task T09_C5_record_is_read_again_each_hour_and_the_last_good_one_holds()
    {
        using var dns = new LoopbackDns("{\"dv3_2\":100}");
        await using var selector = await StartAsync(dns);
        Assert.True(selector.DatagramV3);

        dns.Records = ["garbage"];
        await RefreshAsync();
        await _time.WaitBegunAsync(FeatureSelector.Interval);
        Assert.True(selector.DatagramV3);
        Assert.Contains(_log.Lines, line => line.StartsWith("Failed to refresh feature selector", StringComparison.Ordinal));

        dns.Records = ["{\"dv3_2\":1}"];
        _time.Advance(FeatureSelector.Interval);
        await _time.WaitBegunAsync(FeatureSelector.Interval);
        Assert.False(selector.DatagramV3);
    }

    private async Task RefreshAsync()
    {
        await _time.WaitBegunAsync(FeatureSelector.Interval);
        _time.Advance(FeatureSelector.Interval);
    }

    private Task<FeatureSelector> StartAsync(LoopbackDns dns, CancellationToken cancellationToken = default) =>
        FeatureSelector.StartAsync(
            new FeatureRecordSource("features.test", dns.Address), "123456", _time, _log, cancellationToken);
}
