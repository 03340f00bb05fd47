using System.Net;
using System.Net.Quic;
using System.Net.Security;
using System.Runtime.Versioning;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Culvert.Transports.Tls;
using PlatformConnection = System.Net.Quic.QuicConnection;
using PlatformListener = System.Net.Quic.QuicListener;

namespace Culvert.Transports.Quic.Platform;

/// <summary>Makes connections with the platform's QUIC. It has no datagrams, so private networks carry no UDP over it.</summary>
[SupportedOSPlatform("linux")]
[SupportedOSPlatform("macos")]
[SupportedOSPlatform("windows")]
internal static class PlatformQuic
{
    /// <summary>Why it cannot be used, in one line; null when it can.</summary>
    public static string? Missing => PlatformListener.IsSupported
        ? null : "QUIC needs libmsquic for --quic-provider msquic: install the package libmsquic, or use --quic-provider ngtcp2";

    /// <exception cref="QuicException">The handshake failed.</exception>
    /// <exception cref="AuthenticationException">The server did not prove itself.</exception>
    public static async ValueTask<PlatformQuicConnection> ConnectAsync(
        IPEndPoint remote, EdgeTrust trust, QuicClientOptions options, CancellationToken cancellationToken)
    {
        var client = new QuicClientConnectionOptions
        {
            RemoteEndPoint = remote,
            LocalEndPoint = options.LocalAddress is null && options.LocalPort == 0
                ? null : new IPEndPoint(options.LocalAddress ?? IPAddress.Any, options.LocalPort),
            ClientAuthenticationOptions = new SslClientAuthenticationOptions
            {
                TargetHost = options.ServerName,
                ApplicationProtocols = [.. options.ApplicationProtocols.Select(name => new SslApplicationProtocol(name))],
                CertificateChainPolicy = trust.CreateChainPolicy(),
            },
        };
        Apply(client, options.Transport);
        return new PlatformQuicConnection(await PlatformConnection.ConnectAsync(client, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Listens, and asks for the certificate at each handshake.</summary>
    /// <exception cref="QuicException">The address cannot be bound.</exception>
    public static async ValueTask<PlatformQuicListener> ListenAsync(
        IPEndPoint address, string protocol, Func<X509Certificate2> certificate, QuicTransportOptions transport,
        CancellationToken cancellationToken)
    {
        var listener = await PlatformListener.ListenAsync(
            new QuicListenerOptions
            {
                ListenEndPoint = address,
                ApplicationProtocols = [new SslApplicationProtocol(protocol)],
                ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(Accept()),
            },
            cancellationToken).ConfigureAwait(false);
        return new PlatformQuicListener(listener);

        QuicServerConnectionOptions Accept()
        {
            var connection = new QuicServerConnectionOptions
            {
                ServerAuthenticationOptions = new SslServerAuthenticationOptions
                {
                    ApplicationProtocols = [new SslApplicationProtocol(protocol)],
                    ServerCertificate = certificate(),
                },
            };
            Apply(connection, transport);
            return connection;
        }
    }

    private static void Apply(QuicConnectionOptions connection, QuicTransportOptions transport)
    {
        connection.DefaultStreamErrorCode = 0;
        connection.DefaultCloseErrorCode = 0;
        connection.IdleTimeout = transport.IdleTimeout;
        connection.KeepAliveInterval = transport.KeepAliveInterval;
        connection.HandshakeTimeout = transport.HandshakeTimeout;
        connection.MaxInboundBidirectionalStreams = (int)Math.Min(transport.MaxIncomingStreams, ushort.MaxValue);
        connection.MaxInboundUnidirectionalStreams = 0;
    }
}
