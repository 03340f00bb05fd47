using System.Globalization;
using System.Text.Json;
using Culvert.Edge.Tests.Fixtures;
using Culvert.Edge.Tunnels;
using Culvert.Transports.Credentials;
using Culvert.Transports.Streams;

namespace Culvert.Edge.Tests.Tunnels;

public class TunnelTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Tunnel _tunnel = new(
        new TunnelCredentials("acct", Guid.NewGuid(), new byte[] { 1, 2, 3 }), "a.example", isQuick: true, createdAt: 5);

    private readonly Guid _connector = Guid.NewGuid();

    [Fact]
    public void Tunnel_without_connections_has_none_to_pick() => Assert.Null(_tunnel.Pick());

    [Fact]
    public async Task Connection_with_the_fewest_open_streams_is_picked()
    {
        var (first, second) = (Connection(0), Connection(1));
        _tunnel.Add(first);
        _tunnel.Add(second);
        await first.OpenStreamAsync(new RequestHead(), default);
        Assert.Same(second, _tunnel.Pick());
        await second.OpenStreamAsync(new RequestHead(), default);
        await second.OpenStreamAsync(new RequestHead(), default);
        Assert.Same(first, _tunnel.Pick());
        first.StreamEnded();
        second.StreamEnded();
        second.StreamEnded();

        Assert.Equal((0, 0), (first.OpenStreams, second.OpenStreams));
    }

    [Fact]
    public async Task Draining_and_lost_connections_are_not_picked()
    {
        var lost = new FakeConnectorConnection();
        var (draining, dead) = (Connection(0), new TunnelConnection(lost, _connector, 1));
        _tunnel.Add(draining);
        _tunnel.Add(dead);
        _ = draining.DrainAsync();
        Assert.Same(dead, _tunnel.Pick());
        await lost.DisposeAsync();

        Assert.Null(_tunnel.Pick());
        Assert.Equal(2, _tunnel.Connections.Count);
    }

    [Fact]
    public void Connector_that_comes_back_replaces_its_connection()
    {
        var (old, other, again) = (Connection(0), Connection(1), Connection(0));
        Assert.Null(_tunnel.Add(old));
        Assert.Null(_tunnel.Add(other));
        Assert.Null(_tunnel.Add(new TunnelConnection(new FakeConnectorConnection(), Guid.NewGuid(), 0)));
        Assert.Same(old, _tunnel.Add(again));

        Assert.DoesNotContain(old, _tunnel.Connections);
        Assert.Equal(3, _tunnel.Connections.Count);
    }

    [Fact]
    public void Removal_is_the_last_use()
    {
        var connection = Connection(0);
        _tunnel.Add(connection);
        Assert.Equal(5, _tunnel.LastUsed);
        _tunnel.Remove(connection, 7);

        Assert.Empty(_tunnel.Connections);
        Assert.Equal(7, _tunnel.LastUsed);
    }

    [Theory]
    [InlineData("acct", new byte[] { 1, 2, 3 }, true)]
    [InlineData("acct", new byte[] { 1, 2, 4 }, false)]
    [InlineData("acct", new byte[] { 1, 2 }, false)]
    [InlineData("acct", new byte[] { }, false)]
    [InlineData("Acct", new byte[] { 1, 2, 3 }, false)]
    [InlineData("", new byte[] { 1, 2, 3 }, false)]
    public void Account_and_secret_have_to_be_those_of_the_tunnel(string account, byte[] secret, bool expected) =>
        Assert.Equal(expected, _tunnel.Accepts(account, secret));

    [Fact]
    public void Configuration_has_the_version_of_its_time_and_each_is_newer_than_the_last()
    {
        Assert.Null(_tunnel.Configuration);
        var first = _tunnel.Configure("{}"u8.ToArray(), Start);
        var sameSecond = _tunnel.Configure("{}"u8.ToArray(), Start);
        var earlier = _tunnel.Configure("{}"u8.ToArray(), Start.AddYears(-10));
        var later = _tunnel.Configure("{}"u8.ToArray(), Start.AddDays(1));

        var version = (int)(Start - new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero)).TotalSeconds;
        Assert.Equal(
            [version, version + 1, version + 2, version + (24 * 3600)],
            new[] { first, sameSecond, earlier, later }.Select(configuration => configuration.Version));
        Assert.Same(later, _tunnel.Configuration);
    }

    [Theory]
    [InlineData("0001-01-01", 0)]
    [InlineData("9999-12-31", int.MaxValue)]
    public void Version_of_any_time_is_one_that_connectors_take(string written, int version) =>
        Assert.Equal(version, TunnelConfiguration.VersionAt(DateTimeOffset.Parse(written, CultureInfo.InvariantCulture)));

    [Fact]
    public void What_is_no_JSON_changes_nothing()
    {
        var changed = _tunnel.ConfigurationChanged;

        Assert.ThrowsAny<JsonException>(() => _tunnel.Configure("{"u8.ToArray(), Start));
        Assert.Null(_tunnel.Configuration);
        Assert.False(changed.IsCompleted);
    }

    [Fact]
    public void Change_is_told()
    {
        var changed = _tunnel.ConfigurationChanged;
        var first = _tunnel.Configure("{}"u8.ToArray(), Start);
        Assert.True(changed.IsCompleted);
        changed = _tunnel.ConfigurationChanged;
        Assert.False(changed.IsCompleted);
        _tunnel.LeaveUnconfigured();

        Assert.True(changed.IsCompleted);
        Assert.Null(_tunnel.Configuration);
        Assert.True(_tunnel.Configure("{}"u8.ToArray(), Start).Version > first.Version);
    }

    private TunnelConnection Connection(byte index) => new(new FakeConnectorConnection(), _connector, index);
}
