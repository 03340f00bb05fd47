using System.Net;
using Culvert.Engine.Flows;
using Culvert.Tests.Fixtures;

namespace Culvert.Engine.Tests.Flows;

[Trait("Category", "Unit")]
public sealed class VirtualDnsTests
{
    [Fact]
    public void OnlyTheExactDestinationIsReserved()
    {
        var address = IPAddress.Parse("2606:4700:cf1:2000::1").GetAddressBytes();
        Assert.True(VirtualDns.IsReserved(address, 53));
        Assert.False(VirtualDns.IsReserved(address, 54));
        address[15]++;
        Assert.False(VirtualDns.IsReserved(address, 53));
        Assert.False(VirtualDns.IsReserved([127, 0, 0, 1], 53));
        Assert.True(VirtualDns.IsReserved(IPEndPoint.Parse("[2606:4700:cf1:2000::1]:53")));
        Assert.False(VirtualDns.IsReserved(IPEndPoint.Parse("[2606:4700:cf1:2000::1]:54")));
        Assert.False(VirtualDns.IsReserved(IPEndPoint.Parse("127.0.0.1:53")));
    }

    [Fact]
    public void C52_TenResolversAreAccepted_ElevenAreNot_AndEveryFlowChooses()
    {
        var many = Enumerable.Range(1, 11).Select(i => new IPEndPoint(IPAddress.Loopback, i)).ToArray();
        var error = Assert.Throws<ArgumentException>(() => new VirtualDns(many));
        Assert.StartsWith("too many addresses provided, max: 10", error.Message, StringComparison.Ordinal);
        var dns = new VirtualDns(many[..10]);
        var seen = new HashSet<int>();
        for (var i = 0; i < 500; i++)
            seen.Add(dns.Choose(FlowKind.Udp).Port);
        Assert.True(seen.Count > 5);
        Assert.Equal(500, dns.Dials(FlowKind.Udp));
        Assert.Equal(0, dns.Dials(FlowKind.Tcp));
    }

    [Fact]
    public void TheSystemsResolverIsReadAgainAfterFiveMinutes_AndKeptWhenItCannotBeRead()
    {
        var time = new FakeTime();
        string? configuration = "# comment\nsearch example\nnameserver 10.0.0.53\nnameserver 10.0.0.54\n";
        var dns = new VirtualDns(null, () => configuration, time);
        Assert.Equal("10.0.0.53:53", dns.Choose(FlowKind.Udp).ToString());
        configuration = "nameserver fd00::53 # here\n";
        time.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal("10.0.0.53:53", dns.Choose(FlowKind.Udp).ToString());
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("[fd00::53]:53", dns.Choose(FlowKind.Tcp).ToString());
        configuration = null;
        time.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal("[fd00::53]:53", dns.Choose(FlowKind.Tcp).ToString());
    }

    // The system's file has no ports, so N03 is an address alone; N06 is a file that cannot be read.
    [Theory]
    [InlineData("N01", "", "127.0.0.1:53")]
    [InlineData("N03", "nameserver 127.0.0.3\n", "127.0.0.3:53")]
    [InlineData("N05", "nameserver 999.999.999.999\n", "127.0.0.1:53")]
    [InlineData("N05", "nameserver localhost\n", "127.0.0.1:53")]
    [InlineData("N05", "nameserver 255.255.255\n", "127.0.0.1:53")]
    [InlineData("N06", null, "127.0.0.1:53")]
    public void TheResolverIsTheSystems_OrTheLocalHost(string row, string? configuration, string resolver)
    {
        var dns = new VirtualDns(null, () => configuration, TimeProvider.System);
        Assert.Equal((row, resolver), (row, dns.Choose(FlowKind.Udp).ToString()));
    }

    [Theory]
    [InlineData("N02", "1.1.1.1:53,1.0.0.1:53")]
    [InlineData("N04", "1.1.1.1:53,1.0.0.1:53")]
    public void NamedResolversAreTheOnlyOnes_AndTheSystemIsNotAsked(string row, string named)
    {
        var time = new FakeTime();
        var dns = new VirtualDns(
            [.. named.Split(',').Select(IPEndPoint.Parse)],
            () => throw new InvalidOperationException("the system was asked"), time);
        var seen = new HashSet<string>();
        for (var i = 0; i < 500; i++)
        {
            seen.Add(dns.Choose(FlowKind.Udp).ToString());
            time.Advance(TimeSpan.FromMinutes(1));
        }
        Assert.Equal((row, "1.0.0.1:53,1.1.1.1:53"), (row, string.Join(',', seen.Order(StringComparer.Ordinal))));
    }
}
