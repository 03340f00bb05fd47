using System.Net.WebSockets;
using System.Text;
using Culvert.Connector.Management;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Transports.Streams;

namespace Culvert.Connector.Tests.Management;

/// <summary>A client of <c>/logs</c> on a stream without a transport.</summary>
internal sealed class LogClient : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly FakeEdgeStream _stream = new("GET", "management.argotunnel.com", "/logs?access_token=x");
    private readonly Task _serving;

    private LogClient(LogEndpoint endpoint, string actor, string? extensions)
    {
        _stream.Request.Kind = StreamKind.WebSocket;
        _stream.Request.Headers.Add("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        if (extensions is not null)
        {
            _stream.Request.Headers.Add("sec-websocket-extensions", extensions);
        }

        _serving = endpoint.ServeAsync(_stream, actor, _stream.Aborted).AsTask();
    }

    public WebSocket Socket { get; private set; } = null!;

    public string[] Head => _stream.Head!;

    public Task Served => _serving.WaitAsync(Limit);

    public static async Task<LogClient> ConnectAsync(LogEndpoint endpoint, string actor = "me", string? extensions = null)
    {
        var client = new LogClient(endpoint, actor, extensions);
        await client._stream.HeadCame;
        var compresses = client.Head.Any(field => field.StartsWith("Sec-WebSocket-Extensions", StringComparison.Ordinal));
        client.Socket = WebSocket.CreateFromStream(
            new DuplexStream(client._stream.Response, client._stream.Body), new WebSocketCreationOptions
            {
                DangerousDeflateOptions = compresses
                    ? new WebSocketDeflateOptions { ClientContextTakeover = false, ServerContextTakeover = false } : null,
            });
        return client;
    }

    public Task SendAsync(string message) => SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text);

    public Task SendAsync(byte[] message, WebSocketMessageType type) =>
        Socket.SendAsync(message.AsMemory(), type, true, CancellationToken.None).AsTask().WaitAsync(Limit);

    public async Task<string> ReceiveAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        var buffer = new byte[64 * 1024];
        var received = await Socket.ReceiveAsync(buffer.AsMemory(), limit.Token);
        return received.MessageType == WebSocketMessageType.Close
            ? $"close {(int)Socket.CloseStatus!} {Socket.CloseStatusDescription}"
            : Encoding.UTF8.GetString(buffer, 0, received.Count);
    }

    /// <summary>The connection is lost.</summary>
    public void Cut() => _stream.GiveUp();

    public async ValueTask DisposeAsync()
    {
        _stream.GiveUp();
        await Served;
        Socket.Dispose();
        _stream.Dispose();
    }
}
