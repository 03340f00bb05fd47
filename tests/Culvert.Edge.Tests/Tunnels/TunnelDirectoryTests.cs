using Culvert.Edge.Tests.Fixtures;
using Culvert.Edge.Tunnels;
using Culvert.Tests.Fixtures;
using Culvert.Transports.Credentials;

namespace Culvert.Edge.Tests.Tunnels;

public class TunnelDirectoryTests
{
    private static readonly TimeSpan Linger = TimeSpan.FromHours(1);

    private readonly FakeTime _time = new();
    private readonly TunnelDirectory _directory = new();

    [Fact]
    public void Tunnel_is_found_by_id_and_by_hostname_in_any_case()
    {
        var tunnel = Add("Demo.Example");

        Assert.Same(tunnel, _directory.Find(tunnel.Id));
        Assert.Same(tunnel, _directory.Find("demo.EXAMPLE".AsSpan()));
        Assert.Null(_directory.Find("example".AsSpan()));
        Assert.Null(_directory.Find(Guid.NewGuid()));
    }

    [Fact]
    public void Hostname_and_id_are_taken_once()
    {
        var tunnel = Add("a.example");
        var sameId = new Tunnel(new TunnelCredentials("", tunnel.Id, default), "b.example", isQuick: true, _time.GetTimestamp());

        Assert.False(_directory.TryAdd(Create("A.example", isQuick: true)));
        Assert.False(_directory.TryAdd(sameId));
        Assert.Null(_directory.Find("b.example".AsSpan()));
        Assert.Equal(1, _directory.QuickTunnels);
    }

    [Fact]
    public void Quick_tunnel_that_nobody_used_is_forgotten_and_its_name_is_free()
    {
        var tunnel = Add("a.example");
        _time.Advance(Linger);
        _directory.RemoveUnused(Linger, _time);
        Assert.NotNull(_directory.Find(tunnel.Id));
        _time.Advance(TimeSpan.FromTicks(1));
        _directory.RemoveUnused(Linger, _time);

        Assert.Null(_directory.Find(tunnel.Id));
        Assert.Null(_directory.Find("a.example".AsSpan()));
        Assert.Equal(0, _directory.QuickTunnels);
        Add("a.example");
    }

    [Fact]
    public void Tunnels_with_connections_and_declared_ones_stay()
    {
        var used = Add("a.example");
        var declared = Create("b.example", isQuick: false);
        Assert.True(_directory.TryAdd(declared));
        var connection = new TunnelConnection(new FakeConnectorConnection(), Guid.NewGuid(), 0);
        used.Add(connection);
        _time.Advance(2 * Linger);
        _directory.RemoveUnused(Linger, _time);
        Assert.Same(used, _directory.Find(used.Id));
        used.Remove(connection, _time.GetTimestamp());
        _directory.RemoveUnused(Linger, _time);
        Assert.Same(used, _directory.Find(used.Id));
        _time.Advance(2 * Linger);
        _directory.RemoveUnused(Linger, _time);

        Assert.Null(_directory.Find(used.Id));
        Assert.Same(declared, _directory.Find(declared.Id));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3650)]
    public void Date_that_is_set_ends_no_linger_and_lengthens_none(int days)
    {
        var tunnel = Add("a.example");
        _time.Jump(TimeSpan.FromDays(days));
        _directory.RemoveUnused(Linger, _time);
        Assert.Same(tunnel, _directory.Find(tunnel.Id));
        _time.Jump(TimeSpan.FromDays(-2 * days));
        _time.Advance(Linger + TimeSpan.FromTicks(1));
        _directory.RemoveUnused(Linger, _time);

        Assert.Null(_directory.Find(tunnel.Id));
    }

    private Tunnel Add(string hostname)
    {
        var tunnel = Create(hostname, isQuick: true);
        Assert.True(_directory.TryAdd(tunnel));
        return tunnel;
    }

    private Tunnel Create(string hostname, bool isQuick) =>
        new(new TunnelCredentials("", Guid.NewGuid(), default), hostname, isQuick, _time.GetTimestamp());
}
