using Culvert.Edge.Tests.Fixtures;
using Culvert.Edge.Tunnels;
using Culvert.Transports.Credentials;

namespace Culvert.Edge.Tests.Tunnels;

public class TunnelDirectoryTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

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
        var sameId = new Tunnel(new TunnelCredentials("", tunnel.Id, default), "b.example", isQuick: true, Start);

        Assert.False(_directory.TryAdd(Create("A.example", isQuick: true)));
        Assert.False(_directory.TryAdd(sameId));
        Assert.Null(_directory.Find("b.example".AsSpan()));
        Assert.Equal(1, _directory.QuickTunnels);
    }

    [Fact]
    public void Quick_tunnel_that_nobody_used_is_forgotten_and_its_name_is_free()
    {
        var tunnel = Add("a.example");
        _directory.RemoveUnused(Start);
        Assert.NotNull(_directory.Find(tunnel.Id));
        _directory.RemoveUnused(Start.AddTicks(1));

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
        _directory.RemoveUnused(Start.AddYears(1));
        Assert.Same(used, _directory.Find(used.Id));
        used.Remove(connection, Start.AddYears(2));
        _directory.RemoveUnused(Start.AddYears(2));
        Assert.Same(used, _directory.Find(used.Id));
        _directory.RemoveUnused(Start.AddYears(3));

        Assert.Null(_directory.Find(used.Id));
        Assert.Same(declared, _directory.Find(declared.Id));
    }

    private Tunnel Add(string hostname)
    {
        var tunnel = Create(hostname, isQuick: true);
        Assert.True(_directory.TryAdd(tunnel));
        return tunnel;
    }

    private static Tunnel Create(string hostname, bool isQuick) =>
        new(new TunnelCredentials("", Guid.NewGuid(), default), hostname, isQuick, Start);
}
