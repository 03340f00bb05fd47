using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Culvert.Transports.Configuration;
using Culvert.Transports.Connections;
using Culvert.Transports.Headers;
using Culvert.Transports.Sockets;
using Culvert.Transports.Streams;

namespace Culvert.Transports.Http2.EdgeRole;

/// <summary>
/// A connection that a connector dialled, on which the edge is the HTTP/2 <em>client</em> (http2-and-proxy, sections 1 and 2).
/// </summary>
public sealed class Http2ConnectorConnection : ConnectorConnection
{
    /// <summary>How long the TLS handshake of a connector may take.</summary>
    public static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Serialized headers are a third longer than the list they hold; the rest is room for plain ones.</summary>
    private const int MaxResponseHeadersKilobytes = 3 * 512;

    /// <summary>Response bytes that one stream may hold unread: 300 Mbit/s at 50 ms, and all that a slow visitor costs.</summary>
    private const int StreamWindowBytes = 2 * 1024 * 1024;

    private readonly TransportStream _transport;
    private readonly HttpMessageInvoker _client;
    private int _taken;

    private Http2ConnectorConnection(TransportStream transport, IPEndPoint remoteEndPoint)
    {
        _transport = transport;
        RemoteEndPoint = remoteEndPoint;
        _client = new HttpMessageInvoker(CreateHandler(), disposeHandler: true);
    }

    /// <inheritdoc/>
    public override string Protocol => "http2";

    /// <inheritdoc/>
    public override IPEndPoint RemoteEndPoint { get; }

    /// <inheritdoc/>
    public override CancellationToken Closed => _transport.Closed;

    /// <summary>Does the TLS handshake on an accepted socket, which the connection then owns.</summary>
    /// <param name="socket">The accepted socket; disposed when the handshake fails.</param>
    /// <param name="certificate">Server certificate with the names of <see cref="Tls.EdgeServerNames"/>.</param>
    /// <param name="time">Clock of <see cref="HandshakeTimeout"/>.</param>
    /// <param name="cancellationToken">Gives the handshake up.</param>
    /// <exception cref="ConnectorLostException">The handshake failed or took too long.</exception>
    public static async Task<Http2ConnectorConnection> AcceptAsync(
        Socket socket, SslStreamCertificateContext certificate, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(socket);
        SslStream? tls = null;
        try
        {
            var remote = (IPEndPoint)socket.RemoteEndPoint!;
            socket.NoDelay = true;
            TcpLiveness.Apply(socket);
            tls = new SslStream(new SocketStream(socket));
            using var limit = new LinkedDeadline(HandshakeTimeout, time, cancellationToken);
            await tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = certificate,
                    EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                },
                limit.Token).ConfigureAwait(false);
            return new Http2ConnectorConnection(new TransportStream(tls), remote);
        }
        catch (Exception e)
        {
            if (tls is not null)
            {
                await tls.DisposeAsync().ConfigureAwait(false);
            }

            socket.Dispose();
            if (e is AuthenticationException or IOException or SocketException
                || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                throw new ConnectorLostException($"TLS handshake with connector failed: {e.Message}", e);
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<IDuplexPipe> GetControlStreamAsync(CancellationToken cancellationToken)
    {
        var head = new RequestHead { HasBody = true };
        head.SetLine("GET", "localhost", "/");
        head.Headers.Add(ControlHeaders.StreamMarker, ControlHeaders.MarkerControlStream);
        var stream = await OpenAsync(head, cancellationToken).ConfigureAwait(false);
        await stream.ReadHeadAsync(cancellationToken).ConfigureAwait(false);
        return new ControlStream(stream.Input, stream.Output);
    }

    /// <inheritdoc/>
    public override async ValueTask<ConnectorStream> OpenStreamAsync(RequestHead request, CancellationToken cancellationToken) =>
        await OpenAsync(request, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async ValueTask<ConfigurationUpdateResult> UpdateConfigurationAsync(
        ConfigurationUpdate update, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(update);
        using var request = ConfigurationRequest.Create(update);
        try
        {
            using var response = await _client.SendAsync(request, cancellationToken).ConfigureAwait(false);
            return await ConfigurationRequest.ReadReplyAsync(response, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new ConnectorLostException($"configuration update not answered: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _client.Dispose();
        return _transport.DisposeAsync();
    }

    private async ValueTask<Http2ConnectorStream> OpenAsync(RequestHead head, CancellationToken cancellationToken)
    {
        if (Closed.IsCancellationRequested)
        {
            throw new ConnectorLostException("the connection to the connector has ended");
        }

        var stream = new Http2ConnectorStream(_client, head);
        try
        {
            await stream.StartAsync(cancellationToken).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    // The pool asks again when this connection is gone; there is no other, so every later request fails.
    private ValueTask<Stream> TakeTransport() => Interlocked.Exchange(ref _taken, 1) == 0
        ? ValueTask.FromResult<Stream>(_transport)
        : ValueTask.FromException<Stream>(new IOException("the connection to the connector has ended"));

    private SocketsHttpHandler CreateHandler() => new()
    {
        ConnectCallback = (_, _) => TakeTransport(),
        EnableMultipleHttp2Connections = false,
        PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
        KeepAlivePingDelay = TimeSpan.FromSeconds(15),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
        InitialHttp2StreamWindowSize = StreamWindowBytes,
#pragma warning disable CA2262 // The value is meant in kilobytes.
        MaxResponseHeadersLength = MaxResponseHeadersKilobytes,
#pragma warning restore CA2262
        UseCookies = false,
        UseProxy = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1,
        ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1,
    };

    private sealed record ControlStream(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
