using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Engine.Origins.Http.Connections;

/// <summary>Opens connections to one origin. Thread-safe.</summary>
/// <param name="address">Scheme, host and port.</param>
/// <param name="settings">Timeouts and the clock.</param>
internal sealed class OriginDialer(Uri address, HttpOriginSettings settings)
{
    private const int KeepAliveSeconds = 30;
    private const int KeepAliveIntervalSeconds = 15;
    private const int KeepAliveProbes = 9;
    private const int BufferedBytes = 64 * 1024;

    // For the process, never disposed: it owns the memory pool and nothing that ends. Continuations run on the thread that has
    // the bytes; an exchange never blocks one, and two hops for each request are saved.
    private static readonly SocketConnectionContextFactory Pipes = new(
        new SocketConnectionFactoryOptions
        {
            MaxReadBufferSize = BufferedBytes,
            MaxWriteBufferSize = BufferedBytes,
            UnsafePreferInlineScheduling = true,
        },
        NullLogger.Instance);

    /// <summary>Connects; the addresses of a name are tried one after the other.</summary>
    /// <exception cref="OriginException">There is no connection.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async ValueTask<OriginConnection> DialAsync(CancellationToken cancellationToken)
    {
        try
        {
            var socket = await ConnectAsync(cancellationToken).ConfigureAwait(false);
            var transport = Pipes.Create(socket);
            return address.Scheme == Uri.UriSchemeHttps
                ? await AuthenticateAsync(transport, cancellationToken).ConfigureAwait(false)
                : new OriginConnection(transport);
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException or TimeoutException)
        {
            throw new OriginException(e);
        }
    }

    private async ValueTask<Socket> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var timeout = new CancellationTokenSource(settings.ConnectTimeout, settings.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await socket.ConnectAsync(address.IdnHost, address.Port, either.Token).ConfigureAwait(false);
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveIntervalSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
            return socket;
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (timeout.IsCancellationRequested && e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException(
                    $"dial {address.Authority}: no connection within {settings.ConnectTimeout.TotalSeconds} s");
            }

            throw;
        }
    }

    private async ValueTask<OriginConnection> AuthenticateAsync(ConnectionContext transport, CancellationToken cancellationToken)
    {
        var tls = new SslStream(new DuplexPipeStream(transport.Transport));
        using var timeout = new CancellationTokenSource(settings.TlsTimeout, settings.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await tls.AuthenticateAsClientAsync(CreateTlsOptions(), either.Token).ConfigureAwait(false);
            return new OriginConnection(transport, tls);
        }
        catch (Exception e)
        {
            transport.Abort();
            await tls.DisposeAsync().ConfigureAwait(false);
            await transport.DisposeAsync().ConfigureAwait(false);
            if (timeout.IsCancellationRequested && e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException($"net/http: TLS handshake timeout after {settings.TlsTimeout.TotalSeconds} s");
            }

            throw;
        }
    }

    // The platform verifies an IP address as a name and sends no SNI for it (RFC 6066, section 3).
    private SslClientAuthenticationOptions CreateTlsOptions() => new()
    {
        TargetHost = address.IdnHost,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        RemoteCertificateValidationCallback = settings.CertificateValidation,
    };
}
