using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using Culvert.Edge.PrivateNetworks.Streams;
using Culvert.Transports.Headers;

namespace Culvert.Edge.PrivateNetworks.Proxies;

/// <summary>One client of the proxy that speaks HTTP: a single CONNECT request (RFC 9110, section 9.3.6).</summary>
internal sealed class ConnectClient(PrivateProxy proxy, Socket socket, PipeReader input)
{
    private const int MaxHeadBytes = 8 * 1024;

    /// <summary>Serves the client to its end.</summary>
    /// <param name="handshake">Cancelled when it takes too long to say what it wants.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(CancellationToken handshake, CancellationToken cancellationToken)
    {
        var head = await ReadHeadAsync(handshake).ConfigureAwait(false);
        if (head is null)
        {
            await AnswerAsync("400 Bad Request", "", cancellationToken).ConfigureAwait(false);
            return;
        }

        var lines = head.Split("\r\n");
        var request = lines[0].Split(' ');
        if (proxy.AsksForPassword && !IsAuthorized(lines))
        {
            await AnswerAsync(
                "407 Proxy Authentication Required", "Proxy-Authenticate: Basic realm=\"private networks\"\r\n",
                cancellationToken)
                .ConfigureAwait(false);
        }
        else if (request is not ["CONNECT", var target, "HTTP/1.1" or "HTTP/1.0"])
        {
            var isOther = request.Length == 3 && request[2].StartsWith("HTTP/", StringComparison.Ordinal);
            await AnswerAsync(
                isOther ? "405 Method Not Allowed" : "400 Bad Request", isOther ? "Allow: CONNECT\r\n" : "", cancellationToken)
                .ConfigureAwait(false);
        }
        else
        {
            await ConnectAsync(target, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ConnectAsync(string target, CancellationToken cancellationToken)
    {
        OpenedStream? opened;
        try
        {
            // The same form that the destination of a port has.
            if (!PrivateDestination.TryParse("tunnel/" + target, out var parsed))
            {
                await AnswerAsync("403 Forbidden", "", cancellationToken).ConfigureAwait(false);
                return;
            }

            var to = parsed.EndPoint;
            opened = await proxy.OpenAsync(to.Address, to.Port, cancellationToken).ConfigureAwait(false);
        }
        catch (TunnelStreamException e)
        {
            var status = e.RefusedBy == ResponseSource.Connector ? "502 Bad Gateway" : "503 Service Unavailable";
            await AnswerAsync(status, "", cancellationToken).ConfigureAwait(false);
            return;
        }

        if (opened is null)
        {
            await AnswerAsync("403 Forbidden", "", cancellationToken).ConfigureAwait(false);
            return;
        }

        await using (opened.ConfigureAwait(false))
        {
            await SendAsync("HTTP/1.1 200 Connection established\r\n\r\n", cancellationToken).ConfigureAwait(false);
            await TcpRelay.RunAsync(socket, input, opened.Stream, cancellationToken).ConfigureAwait(false);
        }
    }

    private bool IsAuthorized(string[] lines)
    {
        const string name = "Proxy-Authorization:";
        var line = Array.Find(lines, l => l.StartsWith(name, StringComparison.OrdinalIgnoreCase));
        var value = line?[name.Length..].Trim() ?? "";
        if (!value.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var bytes = new byte[value.Length];
        if (!Convert.TryFromBase64String(value["Basic ".Length..].Trim(), bytes, out var length))
        {
            return false;
        }

        var text = Encoding.UTF8.GetString(bytes, 0, length);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon >= 0 && proxy.Accepts(text[..colon], text[(colon + 1)..]);
    }

    // Null when it is too long or the client ended.
    private async Task<string?> ReadHeadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var bytes = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, MaxHeadBytes)).ToArray();
            var end = bytes.AsSpan().IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                input.AdvanceTo(read.Buffer.GetPosition(end + 4));
                return Encoding.Latin1.GetString(bytes, 0, end);
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted || bytes.Length == MaxHeadBytes)
            {
                return null;
            }
        }
    }

    private ValueTask AnswerAsync(string status, string headers, CancellationToken cancellationToken) =>
        SendAsync($"HTTP/1.1 {status}\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n", cancellationToken);

    private async ValueTask SendAsync(string text, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> message = Encoding.Latin1.GetBytes(text);
        while (!message.IsEmpty)
        {
            message = message[await socket.SendAsync(message, SocketFlags.None, cancellationToken).ConfigureAwait(false)..];
        }
    }
}
