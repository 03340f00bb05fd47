using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Net.WebSockets;
using Culvert.Transports.Streams;

namespace Culvert.Edge.PrivateNetworks.Streams;

/// <summary>Carries a TCP connection as the client of a WebSocket, which is how TCP services of hostnames are reached.</summary>
internal static class WebSocketTcp
{
    private const int BufferBytes = 16 * 1024;

    /// <summary>Copies until the service ends; the client's end closes the WebSocket.</summary>
    /// <exception cref="IOException">One side was lost.</exception>
    public static async Task RunAsync(
        Socket socket, PipeReader input, ConnectorStream stream, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var duplex = new DuplexStream(stream.Input, stream.Output);
        await using (duplex.ConfigureAwait(false))
        {
            using var web = WebSocket.CreateFromStream(duplex, new WebSocketCreationOptions { IsServer = false });
            var toClient = ReceiveAsync(web, socket, ended.Token);
            var toService = SendAsync(input, web, ended.Token);
            try
            {
                if (await Task.WhenAny(toClient, toService).ConfigureAwait(false) == toService)
                {
                    await toService.ConfigureAwait(false);
                }

                await toClient.ConfigureAwait(false);
                socket.Shutdown(SocketShutdown.Send);
            }
            finally
            {
                await ended.CancelAsync().ConfigureAwait(false);
                await ((Task)Task.WhenAll(toClient, toService)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static async Task SendAsync(PipeReader input, WebSocket web, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            foreach (var segment in read.Buffer)
            {
                await web.SendAsync(segment, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken)
                    .ConfigureAwait(false);
            }

            input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                await web.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken).ConfigureAwait(false);
                return;
            }
        }
    }

    private static async Task ReceiveAsync(WebSocket web, Socket socket, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (true)
            {
                ValueWebSocketReceiveResult result;
                try
                {
                    result = await web.ReceiveAsync(buffer.AsMemory(), cancellationToken).ConfigureAwait(false);
                }
                catch (WebSocketException e)
                {
                    throw new IOException($"the service's WebSocket was lost: {e.Message}", e);
                }

                if (result.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }

                for (var rest = buffer.AsMemory(0, result.Count); !rest.IsEmpty;)
                {
                    rest = rest[await socket.SendAsync(rest, SocketFlags.None, cancellationToken).ConfigureAwait(false)..];
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
