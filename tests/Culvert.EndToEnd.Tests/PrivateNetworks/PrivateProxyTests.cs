using System.Net;
using System.Net.Sockets;
using System.Text;
using Culvert.Edge.PrivateNetworks;
using Culvert.Edge.PrivateNetworks.Proxies;

namespace Culvert.EndToEnd.Tests.PrivateNetworks;

/// <summary>Private networks through the edge node's proxy.</summary>
[Trait("Category", "EndToEnd")]
public sealed class PrivateProxyTests
{
    private static readonly NetworkCredential Somebody = new("somebody", "s3cret:with:colons");

    [Theory]
    [InlineData("socks5", true)]
    [InlineData("socks5", false)]
    [InlineData("http", true)]
    [InlineData("http", false)]
    public async Task ThePlatformsClientReachesAServer(string scheme, bool asksForPassword)
    {
        await using var network = await StartAsync(asksForPassword ? Somebody : null, "http2");
        await using var origin = await WebOrigin.StartAsync(
            async context => await context.Response.Body.WriteAsync("inside"u8.ToArray()));
        using var client = new HttpClient(new SocketsHttpHandler
        {
            // Plain requests would not be CONNECT ones; a WebSocket's upgrade or this option make them so.
            Proxy = new WebProxy(new Uri($"{scheme}://{network.Edge.Node.PrivateProxyEndPoint}"))
            {
                Credentials = asksForPassword ? Somebody : null,
            },
            ConnectCallback = scheme == "http"
                ? (context, token) => ConnectByHand(network, context, asksForPassword, token) : null,
            UseProxy = scheme != "http",
        });
        Assert.Equal("inside", await client.GetStringAsync(origin.Address).InTime());
    }

    [Theory]
    [InlineData("CONNECT 127.0.0.1:1 HTTP/1.1", "HTTP/1.1 407")]
    [InlineData("GET http://127.0.0.1/ HTTP/1.1", "HTTP/1.1 407")]
    [InlineData("CONNECT 127.0.0.1:1 HTTP/1.1\r\nProxy-Authorization: Basic !!", "HTTP/1.1 407")]
    [InlineData("CONNECT 127.0.0.1:1 HTTP/1.1\r\nProxy-Authorization: Basic bm9ib2R5Ong=", "HTTP/1.1 407")]
    [InlineData("GET / HTTP/1.1\r\nproxy-authorization: basic {user}", "HTTP/1.1 405")]
    [InlineData("hello\r\nProxy-Authorization: Basic {user}", "HTTP/1.1 400")]
    [InlineData("CONNECT 10.0.0.1:80 HTTP/1.1\r\nProxy-Authorization: Basic {user}", "HTTP/1.1 403")]
    [InlineData("CONNECT localhost:80 HTTP/1.1\r\nProxy-Authorization: Basic {user}", "HTTP/1.1 403")]
    [InlineData("CONNECT 127.0.0.1 HTTP/1.1\r\nProxy-Authorization: Basic {user}", "HTTP/1.1 403")]
    [InlineData("CONNECT {closed} HTTP/1.1\r\nProxy-Authorization: Basic {user}", "HTTP/1.1 502")]
    public async Task HttpClientsAreToldWhatIsWrong(string request, string answer)
    {
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var network = await StartAsync(Somebody, "http2");
        using var client = await ConnectAsync(network);
        var user = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Somebody.UserName}:{Somebody.Password}"));
        request = request.Replace("{user}", user, StringComparison.Ordinal)
            .Replace("{closed}", closed.LocalEndPoint!.ToString(), StringComparison.Ordinal);
        await client.SendAsync(Encoding.ASCII.GetBytes(request + "\r\n\r\n"), SocketFlags.None);
        Assert.StartsWith(answer, Encoding.ASCII.GetString(await ReadToEndAsync(client)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AHeadWithoutEndIsRefused()
    {
        await using var network = await StartAsync(null, "http2");
        using var client = await ConnectAsync(network);
        await client.SendAsync(Encoding.ASCII.GetBytes("CONNECT " + new string('x', 9000)), SocketFlags.None);
        var answer = new byte[12];
        Assert.Equal(12, await client.ReceiveAsync(answer, SocketFlags.None).InTime());
        Assert.Equal("HTTP/1.1 400", Encoding.ASCII.GetString(answer));
    }

    [Theory]
    [InlineData("050100", "05FF")]
    [InlineData("050102 0100 00", "0502 0101")]
    [InlineData("050102 0108736F6D65626F64790178", "0502 0101")]
    [InlineData("{login} 0501000103", "0502 0100")]
    [InlineData("{login} 05010001 0A000001 0050", "0502 0100 05020001 00000000 0000")]
    [InlineData("{login} 05010003 09 6C6F63616C686F7374 0050", "0502 0100 05080001 00000000 0000")]
    [InlineData("{login} 05020001 7F000001 0050", "0502 0100 05070001 00000000 0000")]
    [InlineData("{login} 05010001 7F000001 {closed}", "0502 0100 05040001 00000000 0000")]
    public async Task SocksClientsAreToldWhatIsWrong(string request, string answer)
    {
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var network = await StartAsync(Somebody, "http2");
        using var client = await ConnectAsync(network);
        await client.SendAsync(Hex(request, (IPEndPoint)closed.LocalEndPoint!), SocketFlags.None);
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal(Convert.ToHexString(Hex(answer)), Convert.ToHexString(await ReadToEndAsync(client)));
    }

    [QuicFact]
    public async Task E20_SocksClientsSendDatagrams_ToAllowedNetworksOnly()
    {
        await using var network = await StartAsync(Somebody);
        using var control = await ConnectAsync(network);
        await control.SendAsync(Hex("{login} 05030001 00000000 0000"), SocketFlags.None);
        var reply = new byte[14];
        for (var read = 0; read < reply.Length;)
        {
            read += await control.ReceiveAsync(reply.AsMemory(read), SocketFlags.None).InTime();
        }

        Assert.Equal("0502010005000001", Convert.ToHexString(reply.AsSpan(0, 8)));
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        client.Connect(new IPEndPoint(new IPAddress(reply.AsSpan(8, 4)), (reply[12] << 8) | reply[13]));
        var server = network.UdpServer;
        var datagram = Hex($"000000 01 7F000001 {server.Port:X4} 68656C6C6F");
        await client.SendAsync(Hex("000000 01 0A000001 0035 00"), SocketFlags.None);
        await client.SendAsync(Hex("000001 01 7F000001 0035 00"), SocketFlags.None);
        await client.SendAsync(Hex("0000"), SocketFlags.None);
        var buffer = new byte[100];
        var length = 0;
        for (var tries = 0; length == 0 && tries < 10; tries++)
        {
            await client.SendAsync(datagram, SocketFlags.None);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            length = await client.ReceiveAsync(buffer, SocketFlags.None, limit.Token).AsTask()
                .ContinueWith(task => task.IsCompletedSuccessfully ? task.Result : 0, TaskScheduler.Default);
        }

        Assert.Equal(Convert.ToHexString(datagram), Convert.ToHexString(buffer.AsSpan(0, length)));
        Assert.Equal(1, network.Edge.Node.FlowCount);

        // The association ends with the connection, and its flows with it.
        control.Shutdown(SocketShutdown.Both);
        await Deadline.UntilAsync(() => network.Edge.Node.FlowCount == 0, "the flow ends");
    }

    private static Task<PrivateNetwork> StartAsync(NetworkCredential? credentials, string transport = "quic") =>
        PrivateNetwork.StartAsync(transport, (_, options) => options with
        {
            PrivateRoutes = [new PrivateRoute(PrivateNetwork.Hostname, IPNetwork.Parse("127.0.0.0/8"))],
            PrivateProxy = new PrivateProxyOptions(new IPEndPoint(IPAddress.Loopback, 0))
            {
                Credentials = credentials,
            },
        });

    private static async Task<Socket> ConnectAsync(PrivateNetwork network)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(network.Edge.Node.PrivateProxyEndPoint).InTime();
        return socket;
    }

    private static async ValueTask<Stream> ConnectByHand(
        PrivateNetwork network, SocketsHttpConnectionContext context, bool asksForPassword, CancellationToken cancellationToken)
    {
        var socket = await ConnectAsync(network);
        var stream = new NetworkStream(socket, ownsSocket: true);
        var user = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Somebody.UserName}:{Somebody.Password}"));
        var authorization = asksForPassword ? $"Proxy-Authorization: Basic {user}\r\n" : "";
        var target = $"{context.DnsEndPoint.Host}:{context.DnsEndPoint.Port}";
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"CONNECT {target} HTTP/1.1\r\n{authorization}\r\n"), cancellationToken);
        var answer = new byte["HTTP/1.1 200 Connection established\r\n\r\n".Length];
        await stream.ReadExactlyAsync(answer, cancellationToken);
        Assert.StartsWith("HTTP/1.1 200 ", Encoding.ASCII.GetString(answer), StringComparison.Ordinal);
        return stream;
    }

    private static async Task<byte[]> ReadToEndAsync(Socket socket)
    {
        using var read = new MemoryStream();
        var buffer = new byte[256];
        int count;
        while ((count = await socket.ReceiveAsync(buffer, SocketFlags.None).InTime()) > 0)
        {
            read.Write(buffer, 0, count);
        }

        return read.ToArray();
    }

    private static byte[] Hex(string text, IPEndPoint? closed = null)
    {
        var user = Encoding.UTF8.GetBytes(Somebody.UserName);
        var password = Encoding.UTF8.GetBytes(Somebody.Password);
        var login = $"050102 01{user.Length:X2}{Convert.ToHexString(user)}{password.Length:X2}{Convert.ToHexString(password)}";
        return Convert.FromHexString(text.Replace("{login}", login, StringComparison.Ordinal)
            .Replace("{closed}", $"{closed?.Port:X4}", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal));
    }
}
