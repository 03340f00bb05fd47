using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Culvert.Transports.Quic.ConnectorRole;
using Culvert.Transports.Quic.Platform;
using Culvert.Transports.Quic.Providers;

namespace Culvert.Transports.Quic.EdgeRole;

/// <summary>Accepts connectors on one UDP port, with either provider. Thread-safe.</summary>
public sealed class QuicTunnelListener : IAsyncDisposable
{
    /// <summary>
    /// Streams a connector may have open towards the edge: its control stream, and one for each UDP session it ends.
    /// </summary>
    private const int MaxConnectorStreams = 256;

    private readonly Func<CancellationToken, ValueTask<IQuicConnection>> _accept;
    private readonly Action _stopAccepting;
    private readonly Action<X509Certificate2, X509Certificate2> _present;
    private readonly IAsyncDisposable _listener;

    private QuicTunnelListener(
        Func<CancellationToken, ValueTask<IQuicConnection>> accept, Action stopAccepting,
        Action<X509Certificate2, X509Certificate2> present, IAsyncDisposable listener)
    {
        _accept = accept;
        _stopAccepting = stopAccepting;
        _present = present;
        _listener = listener;
    }

    /// <summary>Why QUIC cannot be used here with a provider, in one line; null when it can.</summary>
    public static string? Missing(QuicProvider provider)
    {
        if (provider == QuicProvider.Ngtcp2)
        {
            return QuicRuntime.IsSupported(out var reason) ? null : reason;
        }

        return OperatingSystem.IsLinux() || OperatingSystem.IsWindows() || OperatingSystem.IsMacOS()
            ? PlatformQuic.Missing : "QUIC is not available on this system";
    }

    /// <summary>Opens the port.</summary>
    /// <param name="options">Address, loops, limits and, for the platform's provider, the transport settings it knows.</param>
    /// <param name="certificate">Certificate with key; its chain for ngtcp2 is <paramref name="authority"/>.</param>
    /// <param name="authority">Who signed the certificate.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="QuicUnavailableException">QUIC cannot be used on this machine.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The address cannot be bound.</exception>
    /// <exception cref="IOException">The address cannot be bound, as the platform's provider says it.</exception>
    public static async Task<QuicTunnelListener> BindAsync(
        QuicTunnelListenerOptions options, X509Certificate2 certificate, X509Certificate2 authority,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(certificate);
        ArgumentNullException.ThrowIfNull(authority);
        if (Missing(options.Provider) is { } reason)
        {
            throw new QuicUnavailableException(reason);
        }

        var transport = options.Transport with { MaxIncomingStreams = MaxConnectorStreams };
        if (options.Provider == QuicProvider.MsQuic
            && (OperatingSystem.IsLinux() || OperatingSystem.IsWindows() || OperatingSystem.IsMacOS()))
        {
            var shown = certificate;
            var platform = await PlatformQuic.ListenAsync(
                options.EndPoint, QuicEdgeDialer.ApplicationProtocol, () => Volatile.Read(ref shown), transport,
                cancellationToken)
                .ConfigureAwait(false);
            return new QuicTunnelListener(
                platform.AcceptAsync, static () => { }, (next, _) => Volatile.Write(ref shown, next), platform);
        }

        var (certificatePem, keyPem) = Pem(certificate, authority);
        var listener = await QuicListener.BindAsync(
            new QuicServerOptions
            {
                EndPoint = options.EndPoint,
                ApplicationProtocols = [QuicEdgeDialer.ApplicationProtocol],
                CertificatePem = certificatePem,
                PrivateKeyPem = keyPem,
                Loops = options.Loops,
                MaxConnections = options.MaxConnections,
                ResetKey = ResetKey(certificate),
                Transport = transport,
            },
            cancellationToken).ConfigureAwait(false);
        return new QuicTunnelListener(
            async ct => await listener.AcceptAsync(ct).ConfigureAwait(false),
            listener.StopAccepting,
            (next, signer) =>
            {
                var (chain, key) = Pem(next, signer);
                listener.Present(chain, key);
            },
            listener);
    }

    /// <summary>Shows connectors another certificate, from their next handshake on. Connections that are open stay.</summary>
    /// <param name="certificate">Certificate with key, which has to stay until it is replaced.</param>
    /// <param name="authority">Who signed it.</param>
    /// <exception cref="ArgumentException">It is of no use; the old one stays.</exception>
    public void Present(X509Certificate2 certificate, X509Certificate2 authority)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        ArgumentNullException.ThrowIfNull(authority);
        _present(certificate, authority);
    }

    /// <summary>The next connector whose handshake has finished; the caller disposes it.</summary>
    /// <exception cref="ObjectDisposedException">The listener was disposed.</exception>
    public async ValueTask<QuicConnectorConnection> AcceptAsync(CancellationToken cancellationToken) =>
        new(await _accept(cancellationToken).ConfigureAwait(false));

    /// <summary>
    /// Refuses connectors from now on, so that they try another node; connections go on. The platform's provider cannot refuse:
    /// with it, connectors wait for the registration that does not come.
    /// </summary>
    public void StopAccepting() => _stopAccepting();

    /// <summary>Closes every connection and the port.</summary>
    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    // A node that was killed knows nothing of its connections when it is back, but has the same certificate: its connectors hear
    // at once that they have to come back.
    private static byte[] ResetKey(X509Certificate2 certificate)
    {
        using var key = Key(certificate);
        return HKDF.DeriveKey(
            HashAlgorithmName.SHA256, key.ExportPkcs8PrivateKey(), 32, info: "culvert quic stateless reset"u8.ToArray());
    }

    private static (string Certificate, string Key) Pem(X509Certificate2 certificate, X509Certificate2 authority)
    {
        using var key = Key(certificate);
        return ($"{certificate.ExportCertificatePem()}\n{authority.ExportCertificatePem()}\n", key.ExportPkcs8PrivateKeyPem());
    }

    private static AsymmetricAlgorithm Key(X509Certificate2 certificate) =>
        certificate.GetECDsaPrivateKey() ?? (AsymmetricAlgorithm?)certificate.GetRSAPrivateKey()
        ?? throw new ArgumentException("The certificate has neither an ECDSA nor an RSA key.", nameof(certificate));
}

/// <summary>Where and how a <see cref="QuicTunnelListener"/> listens.</summary>
public sealed record QuicTunnelListenerOptions
{
    /// <summary>Address and UDP port.</summary>
    public required IPEndPoint EndPoint { get; init; }

    /// <summary>Which library carries QUIC.</summary>
    public QuicProvider Provider { get; init; }

    /// <summary>Loops of ngtcp2, each with its own thread and socket, 1 to 64.</summary>
    public int Loops { get; init; } = 1;

    /// <summary>Connections one loop holds; a connector past that is refused.</summary>
    public int MaxConnections { get; init; } = 10_000;

    /// <summary>Windows, timers, sizes and limits.</summary>
    public QuicTransportOptions Transport { get; init; } = new();
}
