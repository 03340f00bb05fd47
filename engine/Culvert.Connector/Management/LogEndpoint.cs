using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Culvert.Transports.Streams;

namespace Culvert.Connector.Management;

/// <summary>Opens the WebSocket of <c>/logs</c> (supervisor-and-operations, section 7.2). Thread-safe.</summary>
/// <param name="stream">Where the events come from.</param>
/// <param name="pingPeriod">Time between two pings.</param>
/// <param name="time">The clock of idleness.</param>
/// <param name="stop">Ends every session, so that a stop does not wait for them.</param>
internal sealed class LogEndpoint(LogStream stream, TimeSpan pingPeriod, TimeProvider time, CancellationToken stop)
{
    private const int SwitchingProtocols = 101;
    private const int MissedPings = 4;
    private const string KeySuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private const string Deflate = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

    /// <summary>Serves one client to the end.</summary>
    public async ValueTask ServeAsync(EdgeStream request, string actor, CancellationToken cancellationToken)
    {
        if (request.Request.Kind != StreamKind.WebSocket)
        {
            await RefuseAsync(request, HttpStatusCode.UpgradeRequired, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (!CrossOrigin.MayConnect(request.Request))
        {
            await RefuseAsync(request, HttpStatusCode.Forbidden, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (!stream.TryConnect())
        {
            await RefuseAsync(request, HttpStatusCode.ServiceUnavailable, cancellationToken).ConfigureAwait(false);
            return;
        }

        var session = new LogSession(stream, actor, time);
        try
        {
            await ServeAsync(request, session, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            stream.Disconnect(session);
        }
    }

    private async ValueTask ServeAsync(EdgeStream request, LogSession session, CancellationToken cancellationToken)
    {
        var compresses = OffersDeflate(request.Request);
        List<(string, string)> headers = [("Connection", "Upgrade"), ("Upgrade", "websocket")];
        if (Field(request.Request, "sec-websocket-key"u8) is { Length: > 0 } key)
        {
            headers.Add(("Sec-WebSocket-Accept", AcceptKey(key)));
        }

        if (compresses)
        {
            headers.Add(("Sec-WebSocket-Extensions", Deflate));
        }

        ManagementResponse.SendHead(request, SwitchingProtocols, headers);
        await request.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        var bytes = new LogSocketStream(request.Input, request.Output);
        await using (bytes.ConfigureAwait(false))
        {
            using (var socket = WebSocket.CreateFromStream(bytes, Options(compresses)))
            {
                await session.RunAsync(socket, stop, cancellationToken).ConfigureAwait(false);
            }

            await bytes.EndWritesAsync().ConfigureAwait(false);
        }
    }

    private WebSocketCreationOptions Options(bool compresses) => new()
    {
        IsServer = true,
        KeepAliveInterval = pingPeriod,
        KeepAliveTimeout = MissedPings * pingPeriod,
        DangerousDeflateOptions = compresses
            ? new WebSocketDeflateOptions { ClientContextTakeover = false, ServerContextTakeover = false } : null,
    };

    // Window sizes other than the usual cannot be promised, so such an offer is passed over.
    private static bool OffersDeflate(RequestHead request) =>
        Field(request, "sec-websocket-extensions"u8) is { } offers
        && offers.Split(',')
            .Any(offer => offer.Split(';', StringSplitOptions.TrimEntries) is ["permessage-deflate", .. var parameters]
                && parameters.All(parameter => parameter is "client_no_context_takeover" or "server_no_context_takeover"));

    private static string? Field(RequestHead request, ReadOnlySpan<byte> name) =>
        request.Headers.TryGet(name, out var value) ? Encoding.Latin1.GetString(value) : null;

    private static string AcceptKey(string key)
    {
#pragma warning disable CA5350 // The protocol fixes SHA-1 here; it proves the protocol, not a secret (RFC 6455, section 4.2.2).
        return Convert.ToBase64String(SHA1.HashData(Encoding.Latin1.GetBytes(key + KeySuffix)));
#pragma warning restore CA5350
    }

    private static ValueTask RefuseAsync(EdgeStream request, HttpStatusCode status, CancellationToken cancellationToken) =>
        ManagementResponse.SendAsync(request, status, null, ReadOnlyMemory<byte>.Empty, [], cancellationToken);
}
