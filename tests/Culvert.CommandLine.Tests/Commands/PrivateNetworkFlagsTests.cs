using System.Net;
using Culvert.CommandLine.Commands;

namespace Culvert.CommandLine.Tests.Commands;

[Trait("Category", "Unit")]
public sealed class PrivateNetworkFlagsTests
{
    [Theory]
    [InlineData("5353=home.example/10.0.0.53:53", "127.0.0.9:5353", "home.example/10.0.0.53:53")]
    [InlineData(
        "0.0.0.0:53=7c9e6679-7425-40de-944b-e07fc1f90ae7/[fd00::1]:53", "0.0.0.0:53",
        "7c9e6679-7425-40de-944b-e07fc1f90ae7/[fd00::1]:53")]
    [InlineData("[::1]:53=t/10.0.0.1:1", "[::1]:53", "t/10.0.0.1:1")]
    public void APortLeadsToADestination(string text, string listen, string destination)
    {
        var forward = PrivateNetworkFlags.Forward("--udp", text, IPAddress.Parse("127.0.0.9"), mayBeHostname: false);
        Assert.Equal(listen, forward.Listen.ToString());
        Assert.Equal(destination, forward.Destination!.ToString());
    }

    [Fact]
    public void ATcpPortMayLeadToAHostname()
    {
        var forward = PrivateNetworkFlags.Forward("--tcp", "2222=ssh.example", IPAddress.Loopback, mayBeHostname: true);
        Assert.Equal("ssh.example", forward.Hostname);
        Assert.Null(forward.Destination);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5353")]
    [InlineData("=home/10.0.0.1:53")]
    [InlineData("70000=home/10.0.0.1:53")]
    [InlineData("53=10.0.0.1:53")]
    [InlineData("53=home/10.0.0.1")]
    [InlineData("53=home/10.0.0.1:0")]
    [InlineData("53=home/10.0.0.1:70000")]
    [InlineData("53=home/server:53")]
    [InlineData("53=home/10.1:53")]
    [InlineData("10.1:53=home/10.0.0.1:53")]
    [InlineData("53=home/fd00::1:53")]
    [InlineData("53=home/[fd00::1]")]
    [InlineData("53=home.example")]
    [InlineData("localhost:53=home/10.0.0.1:53")]
    public void WhatIsNoPortOrDestinationIsRefused_WithFlagAndValue(string text)
    {
        var error = Assert.Throws<CommandException>(
            () => PrivateNetworkFlags.Forward("--udp", text, IPAddress.Loopback, mayBeHostname: false));
        Assert.StartsWith($"--udp: '{text}' is not PORT=TUNNEL/IP:PORT", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheProxyNeedsNetworks_AndAUserWhereOthersReachIt()
    {
        var open = new IPEndPoint(IPAddress.Any, 1080);
        var local = new IPEndPoint(IPAddress.Loopback, 1080);
        Assert.Contains(
            "--private-network", Assert.Throws<CommandException>(() => PrivateNetworkFlags.Proxy(local, false, null)).Message);
        Assert.Contains(
            "--private-proxy-user", Assert.Throws<CommandException>(() => PrivateNetworkFlags.Proxy(open, true, null)).Message);
        foreach (var user in new[] { "name", ":password", "name:" })
        {
            Assert.Contains(
                "NAME:PASSWORD", Assert.Throws<CommandException>(() => PrivateNetworkFlags.Proxy(open, true, user)).Message);
        }

        foreach (var network in new[] { "10.0.0.0/8", "home=10.0.0.0/33", "home=10/8", "home=" })
        {
            Assert.Contains(
                $"'{network}'", Assert.Throws<CommandException>(() => PrivateNetworkFlags.Route(network)).Message);
        }

        Assert.Null(PrivateNetworkFlags.Proxy(local, true, null).Credentials);
        var options = PrivateNetworkFlags.Proxy(open, true, "name:pass:word");
        Assert.Equal(("name", "pass:word"), (options.Credentials!.UserName, options.Credentials.Password));
        Assert.Equal("fd00::/8", PrivateNetworkFlags.Route("home=fd00::/8").Network.ToString());
    }
}
