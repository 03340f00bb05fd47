using System.Net;
using System.Net.Sockets;
using Culvert.Engine.Origins.Dialing;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Ingress.OriginRequests;

namespace Culvert.Engine.Tests.Origins.Dialing;

public sealed class TcpDialerTests
{
    [Theory]
    [InlineData(30, 30)]
    [InlineData(0, 15)]
    [InlineData(0.5, 1)]
    public async Task Keep_alive_follows_the_settings(double seconds, int expected)
    {
        using var server = new RawOrigin();
        var dialer = new TcpDialer(OriginRequest.Default with { TcpKeepAlive = TimeSpan.FromSeconds(seconds) });
        using var socket = await dialer.ConnectAsync("127.0.0.1", server.Address.Port, default);

        Assert.Equal(
            (1, expected, 15, 9),
            (Get(socket, SocketOptionLevel.Socket, SocketOptionName.KeepAlive) != 0 ? 1 : 0,
                Get(socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime),
                Get(socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval),
                Get(socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount)));
        Assert.True(socket.NoDelay);
    }

    [Fact]
    public async Task Negative_keep_alive_sends_no_probes()
    {
        using var server = new RawOrigin();
        var dialer = new TcpDialer(OriginRequest.Default with { TcpKeepAlive = TimeSpan.FromSeconds(-1) });
        using var socket = await dialer.ConnectAsync("127.0.0.1", server.Address.Port, default);

        Assert.Equal(0, Get(socket, SocketOptionLevel.Socket, SocketOptionName.KeepAlive));
    }

    [Fact]
    public async Task Unknown_name_and_invalid_port_read_as_in_the_original()
    {
        var dialer = new TcpDialer(
            OriginRequest.Default, resolve: (_, _) => Task.FromException<IPAddress[]>(new SocketException(11001)));

        var unknown = await Assert.ThrowsAsync<DialException>(() => dialer.ConnectAsync("nowhere.test", 80, default).AsTask());
        var port = await Assert.ThrowsAsync<DialException>(() => dialer.ConnectAsync("127.0.0.1", 99999, default).AsTask());
        Assert.Equal("dial tcp: lookup nowhere.test: no such host", unknown.Message);
        Assert.Equal("dial tcp: address 99999: invalid port", port.Message);
    }

    [Theory]
    [InlineData("127.1")]
    [InlineData("0x7f000001")]
    public async Task What_only_the_platform_takes_for_an_address_is_a_name_that_nobody_knows(string host)
    {
        using var server = new RawOrigin();
        var dialer = new TcpDialer(OriginRequest.Default);

        var unknown = await Assert.ThrowsAsync<DialException>(
            () => dialer.ConnectAsync(host, server.Address.Port, default).AsTask());
        Assert.Equal($"dial tcp: lookup {host}: no such host", unknown.Message);
    }

    [Fact]
    public async Task Name_that_is_not_resolved_in_time_is_a_timeout()
    {
        var dialer = new TcpDialer(
            OriginRequest.Default with { ConnectTimeout = TimeSpan.FromMilliseconds(50) },
            resolve: async (_, token) =>
            {
                await Task.Delay(Timeout.Infinite, token);
                return [];
            });

        var error = await Assert.ThrowsAsync<DialException>(() => dialer.ConnectAsync("slow.test", 80, default).AsTask());
        Assert.Equal("dial tcp slow.test:80: i/o timeout", error.Message);
    }

    private static int Get(Socket socket, SocketOptionLevel level, SocketOptionName name) =>
        (int)socket.GetSocketOption(level, name)!;
}
