using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text.Json;
using Culvert.Connector;

namespace Culvert.CommandLine.Tailing;

/// <summary>Shows the log events of a connector until it or the user ends that (cli-api-access, section 12.1).</summary>
internal sealed class LogTail(TailRequest request, bool asJson, TextWriter output) : IDisposable
{
    private const int MaxMessageBytes = 4 * 1024 * 1024;
    private const int MaxErrorBytes = 64 * 1024;
    private const int NoConnector = 530;
    private const string Deflate = "permessage-deflate";

    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(1);

    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Connects and prints what comes.</summary>
    /// <param name="stop">The user has enough.</param>
    /// <exception cref="TailException">There is nothing to show, or no more; the text is for the log.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        using var response = await ConnectAsync(stop).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.SwitchingProtocols)
        {
            throw new TailException(await RefusalAsync(response, stop).ConfigureAwait(false));
        }

        var stream = await response.Content.ReadAsStreamAsync(stop).ConfigureAwait(false);
        var compresses = response.Headers.TryGetValues("Sec-WebSocket-Extensions", out var extensions)
            && string.Join(',', extensions).Contains(Deflate, StringComparison.Ordinal);
        using var socket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions
        {
            DangerousDeflateOptions = compresses
                ? new WebSocketDeflateOptions { ClientContextTakeover = false, ServerContextTakeover = false } : null,
        });
        await TalkAsync(socket, stop).ConfigureAwait(false);
    }

    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> ConnectAsync(CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(ConnectLimit);
        using var message = new HttpRequestMessage(HttpMethod.Get, request.Address)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        message.Headers.Host = request.Hostname;
        foreach (var (name, value) in new[]
        {
            ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", Convert.ToBase64String(RandomNumberGenerator.GetBytes(16))),
            ("Sec-WebSocket-Extensions", Deflate + "; client_no_context_takeover; server_no_context_takeover"),
            ("User-Agent", "cloudflared/" + ConnectorOptions.DefaultVersion),
        })
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        try
        {
            return await _client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !stop.IsCancellationRequested)
        {
            throw new TailException($"unable to start management log streaming session: {e.Message}", e);
        }
    }

    private async Task TalkAsync(WebSocket socket, CancellationToken stop)
    {
        try
        {
            await socket.SendAsync(request.StartMessage().AsMemory(), WebSocketMessageType.Text, true, stop)
                .ConfigureAwait(false);
            using var over = new CancellationTokenSource();
            var printing = PrintAsync(socket, over.Token);
            await Task.WhenAny(printing, Task.Delay(Timeout.InfiniteTimeSpan, stop)).ConfigureAwait(false);
            over.CancelAfter(CloseLimit);
            if (!printing.IsCompleted)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", over.Token).ConfigureAwait(false);
            }

            await printing.ConfigureAwait(false);
        }
        catch (Exception e)
            when (stop.IsCancellationRequested && e is WebSocketException or OperationCanceledException or IOException)
        {
            // The user had enough, and the connector did not answer in time.
        }
        catch (Exception e) when (e is WebSocketException or IOException)
        {
            throw new TailException($"unable to read event from server: {e.Message}", e);
        }
    }

    private async Task PrintAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        using var message = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken).ConfigureAwait(false);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                if (socket.CloseStatus is not WebSocketCloseStatus.NormalClosure)
                {
                    throw new TailException(
                        $"received remote closure: ({(int?)socket.CloseStatus}) {socket.CloseStatusDescription}");
                }

                return;
            }

            message.Write(buffer, 0, received.Count);
            if (message.Length > MaxMessageBytes)
            {
                throw new TailException("a message of the server is too long");
            }

            if (received.EndOfMessage)
            {
                await PrintAsync(message.GetBuffer().AsMemory(0, (int)message.Length)).ConfigureAwait(false);
                message.SetLength(0);
            }
        }
    }

    private async Task PrintAsync(ReadOnlyMemory<byte> message)
    {
        IReadOnlyList<string> lines;
        try
        {
            lines = TailEntry.Lines(message, asJson);
        }
        catch (FormatException e)
        {
            throw new TailException(e.Message, e);
        }

        foreach (var line in lines)
        {
            await output.WriteLineAsync(line).ConfigureAwait(false);
        }

        await output.FlushAsync().ConfigureAwait(false);
    }

    private static async Task<IReadOnlyList<string>> RefusalAsync(HttpResponseMessage response, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(ConnectLimit);
        var status = (int)response.StatusCode;
        List<string> texts = status == NoConnector
            ? ["no cloudflared connector available or reachable via management request "
                + "(a recent version of cloudflared is required to use streaming logs)"]
            : [];
        try
        {
            await response.Content.LoadIntoBufferAsync(MaxErrorBytes, limit.Token).ConfigureAwait(false);
            using var body = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(limit.Token).ConfigureAwait(false));
            foreach (var error in body.RootElement.GetProperty("errors").EnumerateArray())
            {
                var (code, message) = (error.GetProperty("code").GetInt32(), error.GetProperty("message").GetString());
                texts.Add($"management request failed validation: ({code}) {message}");
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException
            or HttpRequestException or IOException)
        {
            texts.Add($"unable to start management log streaming session: http response code returned {status}");
        }

        return texts;
    }
}
