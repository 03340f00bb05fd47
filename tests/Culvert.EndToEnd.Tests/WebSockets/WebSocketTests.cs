using System.Net.WebSockets;
using System.Text;

namespace Culvert.EndToEnd.Tests.WebSockets;

public sealed class WebSocketTests
{
    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Text_and_binary_messages_come_back_as_they_went(string transport)
    {
        await using var origin = await SocketOrigin.EchoAsync();
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        using var socket = await ConnectAsync(tunnel);
        var binary = Pattern.Bytes(0, 1000);

        await socket.SendAsync("gr\u00fc\u00dfe"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, default);
        var (type, bytes) = await ReceiveAsync(socket);
        Assert.Equal((WebSocketMessageType.Text, "gr\u00fc\u00dfe"), (type, Encoding.UTF8.GetString(bytes)));

        await socket.SendAsync(binary, WebSocketMessageType.Binary, endOfMessage: true, default);
        (type, bytes) = await ReceiveAsync(socket);
        Assert.Equal(WebSocketMessageType.Binary, type);
        Assert.Equal(binary, bytes);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Frames_of_a_mebibyte_come_back_whole(string transport)
    {
        await using var origin = await SocketOrigin.EchoAsync();
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        using var socket = await ConnectAsync(tunnel);
        for (var round = 0; round < 3; round++)
        {
            var frame = Pattern.Bytes(round * 1000, 1024 * 1024);
            var sending = socket.SendAsync(frame, WebSocketMessageType.Binary, endOfMessage: true, default);
            var (_, bytes) = await ReceiveAsync(socket);
            await sending.InTime();
            Assert.Equal(frame, bytes);
        }
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Close_code_of_the_visitor_reaches_the_origin(string transport)
    {
        var closed = new TaskCompletionSource<(WebSocketCloseStatus?, string?)>();
        await using var origin = await SocketOrigin.StartAsync(async socket =>
        {
            await socket.ReceiveAsync(new byte[100].AsMemory(), CancellationToken.None);
            closed.SetResult((socket.CloseStatus, socket.CloseStatusDescription));
            await socket.CloseOutputAsync((WebSocketCloseStatus)4002, "bye yourself", CancellationToken.None);
        });
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        using var socket = await ConnectAsync(tunnel);

        await socket.CloseAsync((WebSocketCloseStatus)4001, "visitor is done", default).InTime();

        Assert.Equal(((WebSocketCloseStatus)4001, "visitor is done"), await closed.Task.InTime());
        Assert.Equal(((WebSocketCloseStatus)4002, "bye yourself"), (socket.CloseStatus!.Value, socket.CloseStatusDescription!));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Close_code_of_the_origin_reaches_the_visitor(string transport)
    {
        var answered = new TaskCompletionSource<WebSocketCloseStatus?>();
        await using var origin = await SocketOrigin.StartAsync(async socket =>
        {
            await socket.CloseAsync(WebSocketCloseStatus.PolicyViolation, "not you", CancellationToken.None);
            answered.SetResult(socket.CloseStatus);
        });
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        using var socket = await ConnectAsync(tunnel);

        var received = await socket.ReceiveAsync(new byte[100].AsMemory(), default).InTime();
        await socket.CloseOutputAsync((WebSocketCloseStatus)4003, "understood", default).InTime();

        Assert.Equal(WebSocketMessageType.Close, received.MessageType);
        Assert.Equal(
            (WebSocketCloseStatus.PolicyViolation, "not you"), (socket.CloseStatus!.Value, socket.CloseStatusDescription!));
        Assert.Equal((WebSocketCloseStatus)4003, await answered.Task.InTime());
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Subprotocol_that_the_origin_chose_reaches_the_visitor(string transport)
    {
        await using var origin = await SocketOrigin.EchoAsync();
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        using var socket = await ConnectAsync(tunnel, "first.example", "second.example");
        Assert.Equal("second.example", socket.SubProtocol);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Visitor_that_leaves_ends_the_origins_socket(string transport)
    {
        var ended = new TaskCompletionSource();
        await using var origin = await SocketOrigin.StartAsync(async socket =>
        {
            await Record.ExceptionAsync(async () => await socket.ReceiveAsync(new byte[1].AsMemory(), default));
            ended.SetResult();
        });
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        using var socket = await ConnectAsync(tunnel);

        socket.Abort();

        await ended.Task.InTime();
        await Deadline.UntilAsync(() => tunnel.Connections[0].OpenStreams == 0, "the stream was counted out");
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Origin_that_leaves_ends_the_visitors_socket(string transport)
    {
        await using var origin = await SocketOrigin.StartAsync(socket =>
        {
            socket.Abort();
            return Task.CompletedTask;
        });
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        using var socket = await ConnectAsync(tunnel);
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ReceiveAsync(new byte[1].AsMemory(), default).InTime());
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Refused_upgrade_shows_the_origins_answer(string transport)
    {
        await using var origin = RawOrigin.Answering(
            "HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\nX-Why: origin\r\n\r\nForbidden\n");
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        await using var visitor = await tunnel.SendAsync(
            "GET /chat",
            "Connection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n");

        var head = await visitor.ReadHeadAsync();

        Assert.StartsWith("HTTP/1.1 403 ", head, StringComparison.Ordinal);
        Assert.Contains("X-Why: origin\r\n", head, StringComparison.Ordinal);
        Assert.Equal("Forbidden\n", await visitor.ReadAsync(10));
    }

    private static async Task<ClientWebSocket> ConnectAsync(Tunnel tunnel, params string[] protocols)
    {
        var socket = new ClientWebSocket();
        foreach (var protocol in protocols)
        {
            socket.Options.AddSubProtocol(protocol);
        }

        using var client = new HttpMessageInvoker(tunnel.Edge.CreateHandler());
        await socket.ConnectAsync(new Uri($"ws://{tunnel.Hostname}/chat"), client, default).InTime();
        return socket;
    }

    private static async Task<(WebSocketMessageType Type, byte[] Bytes)> ReceiveAsync(WebSocket socket)
    {
        using var message = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(), default).InTime();
            message.Write(buffer, 0, received.Count);
            if (received.EndOfMessage)
            {
                return (received.MessageType, message.ToArray());
            }
        }
    }
}
