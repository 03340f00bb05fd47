using Culvert.Edge.QuickTunnels;
using Culvert.Edge.Tunnels;
using Culvert.Tests.Fixtures;

namespace Culvert.Edge.Tests.QuickTunnels;

public class QuickTunnelFactoryTests
{
    private readonly FakeTime _time = new();
    private readonly TunnelDirectory _directory = new();
    private readonly EdgeOptions _options = new() { BaseDomain = "try.example", MaxQuickTunnels = 2 };
    private readonly QuickTunnelFactory _factory;

    public QuickTunnelFactoryTests() => _factory = new QuickTunnelFactory(_directory, _options, _time);

    [Fact]
    public void Tunnel_has_a_name_of_the_domain_and_is_known()
    {
        var (credentials, hostname) = _factory.Create()!.Value;

        Assert.EndsWith(".try.example", hostname);
        Assert.Equal(32, credentials.Secret.Length);
        Assert.Equal(QuickTunnelFactory.AccountTag, credentials.AccountTag);
        var tunnel = _directory.Find(hostname.AsSpan())!;
        Assert.Same(tunnel, _directory.Find(credentials.TunnelId));
        Assert.True(tunnel.IsQuick && tunnel.Accepts(credentials.AccountTag, credentials.Secret.Span));
    }

    [Fact]
    public void Limit_is_kept_until_a_tunnel_expires()
    {
        var first = _factory.Create()!.Value;
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.NotNull(_factory.Create());
        Assert.Null(_factory.Create());
        _time.Advance(_options.QuickTunnelLinger - TimeSpan.FromMinutes(1));
        Assert.Null(_factory.Create());
        _time.Advance(TimeSpan.FromTicks(1));

        Assert.NotNull(_factory.Create());
        Assert.Null(_directory.Find(first.Credentials.TunnelId));
        Assert.Equal(2, _directory.QuickTunnels);
    }
}
