using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.Features;

namespace Culvert.EndToEnd.Tests.WebSockets;

/// <summary>Origins that accept WebSockets.</summary>
internal static class SocketOrigin
{
    /// <summary>Starts an origin that answers every upgrade and runs the conversation.</summary>
    public static Task<WebOrigin> StartAsync(Func<WebSocket, Task> conversation) => WebOrigin.StartAsync(async context =>
    {
        var key = context.Request.Headers.SecWebSocketKey.ToString() + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
        var offered = context.Request.Headers.SecWebSocketProtocol.ToString().Split(',', StringSplitOptions.TrimEntries);
        var protocol = offered[^1] is { Length: > 0 } last ? last : null;
        context.Response.Headers.Upgrade = "websocket";
        context.Response.Headers.SecWebSocketProtocol = protocol;
#pragma warning disable CA5350 // RFC 6455 asks for SHA-1.
        context.Response.Headers.SecWebSocketAccept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key)));
#pragma warning restore CA5350
        var stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        using var socket = WebSocket.CreateFromStream(
            stream, new WebSocketCreationOptions { IsServer = true, SubProtocol = protocol });
        await conversation(socket);
    });

    /// <summary>Starts an origin that sends every message back.</summary>
    public static Task<WebOrigin> EchoAsync() => StartAsync(async socket =>
    {
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", CancellationToken.None);
                return;
            }

            await socket.SendAsync(
                buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, CancellationToken.None);
        }
    });
}
