using System.Net;
using Culvert.Ingress.Values;

namespace Culvert.Ingress.Tests.Values;

public class IpTextTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("2001:db8::1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("FD00::53")]
    public void Address_is_read(string text)
    {
        Assert.True(IpText.TryParseAddress(text, out var address));
        Assert.Equal(IPAddress.Parse(text), address);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("255.255.255")]
    [InlineData("10.1")]
    [InlineData("0x0a.0.0.1")]
    [InlineData("0x7f000001")]
    [InlineData("010.0.0.1")]
    [InlineData("10.0.0.01")]
    [InlineData("10.0.0.256")]
    [InlineData("10.0.0.1.")]
    [InlineData(" 10.0.0.1")]
    [InlineData("10.0.0.1/8")]
    [InlineData("[::1]")]
    [InlineData("[::1]:80")]
    [InlineData("fe80::1%eth0")]
    [InlineData("::1::")]
    [InlineData("localhost")]
    public void Anything_else_is_no_address(string text)
    {
        Assert.False(IpText.TryParseAddress(text, out var address));
        Assert.Null(address);
    }

    [Theory]
    [InlineData("127.1", true)]
    [InlineData("0x7f000001", true)]
    [InlineData("2130706433", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("::1", false)]
    [InlineData("fe80::1%2", false)]
    [InlineData("127.example", false)]
    public void What_only_the_platform_takes_is_known(string text, bool loose) =>
        Assert.Equal(loose, IpText.IsLooseAddress(text));

    [Theory]
    [InlineData("10.0.0.1:0")]
    [InlineData("10.0.0.1:65535")]
    [InlineData("[::1]:53")]
    public void Address_with_a_port_is_read(string text)
    {
        Assert.True(IpText.TryParseEndPoint(text, out var endPoint));
        Assert.Equal(text, endPoint.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData(":53")]
    [InlineData("10.0.0.1")]
    [InlineData("10.0.0.1:")]
    [InlineData("10.0.0.1:65536")]
    [InlineData("10.0.0.1:-1")]
    [InlineData("10.0.0.1: 1")]
    [InlineData("10.1:53")]
    [InlineData("[10.0.0.1]:53")]
    [InlineData("::1:53")]
    [InlineData("[::1]")]
    [InlineData("[::1%lo]:53")]
    public void Anything_else_is_no_address_with_a_port(string text)
    {
        Assert.False(IpText.TryParseEndPoint(text, out var endPoint));
        Assert.Null(endPoint);
    }

    [Theory]
    [InlineData("10.1.2.3/8", "10.0.0.0/8")]
    [InlineData("10.1.2.3/32", "10.1.2.3/32")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0")]
    [InlineData("fd00::1/7", "fc00::/7")]
    [InlineData("::ffff:10.1.2.3/104", "10.0.0.0/8")]
    public void Network_is_read(string text, string expected)
    {
        Assert.True(IpText.TryParseNetwork(text, out var network));
        Assert.Equal(expected, network.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("10.0.0.0")]
    [InlineData("10/8")]
    [InlineData("10.0.0.0/")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/08")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/8/8")]
    [InlineData("fd00::/129")]
    public void Anything_else_is_no_network(string text) => Assert.False(IpText.TryParseNetwork(text, out _));
}
