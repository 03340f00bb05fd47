using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Culvert.Transports.Connections;
using Culvert.Transports.Quic.EdgeRole;
using Culvert.Transports.Quic.Platform;
using Culvert.Transports.Quic.Providers;
using Culvert.Transports.Tls;

namespace Culvert.Transports.Quic.ConnectorRole;

/// <summary>Dials edge nodes over QUIC (quic-and-rpc, section 1). Thread-safe.</summary>
public sealed class QuicEdgeDialer : IEdgeDialer
{
    /// <summary>The one application protocol of tunnels.</summary>
    public const string ApplicationProtocol = "argotunnel";

    private readonly QuicClientOptions _options;
    private readonly EdgeTrust _trust;
    private readonly QuicProvider _provider;

    // Reconnects of an index come from the port it had before, which keeps address translation steady (section 1.6).
    private readonly ConcurrentDictionary<byte, int> _ports = new();

    /// <summary>Creates a dialer.</summary>
    /// <param name="trust">Who may vouch for an edge node.</param>
    /// <param name="bindAddress">Local address to dial from, or null for any.</param>
    /// <param name="keyExchange">Whether the key exchange may or must be post-quantum.</param>
    /// <param name="transport">Windows, timers, sizes and limits.</param>
    /// <param name="provider">Which library carries QUIC.</param>
    /// <exception cref="QuicUnavailableException">
    /// QUIC cannot be used on this machine; the text names the package to install.
    /// </exception>
    public QuicEdgeDialer(
        EdgeTrust trust, IPAddress? bindAddress = null, QuicKeyExchange keyExchange = QuicKeyExchange.PreferPostQuantum,
        QuicTransportOptions? transport = null, QuicProvider provider = QuicProvider.Ngtcp2)
    {
        ArgumentNullException.ThrowIfNull(trust);
        if (QuicTunnelListener.Missing(provider) is { } reason)
        {
            throw new QuicUnavailableException(reason);
        }

        _trust = trust;
        _provider = provider;
        _options = new QuicClientOptions
        {
            ServerName = EdgeServerNames.Quic,
            ApplicationProtocols = [ApplicationProtocol],
            KeyExchange = keyExchange,
            LocalAddress = bindAddress,
            Transport = (transport ?? new QuicTransportOptions()) with { InlineContinuations = true },
        };
    }

    /// <inheritdoc/>
    public string Protocol => "quic";

    /// <inheritdoc/>
    public async Task<EdgeConnection> DialAsync(IPEndPoint address, byte index, CancellationToken cancellationToken)
    {
        try
        {
            var connection = await ConnectAsync(address, index, cancellationToken).ConfigureAwait(false);
            _ports[index] = connection.LocalEndPoint.Port;
            return new QuicEdgeConnection(connection, index);
        }
        catch (Exception e) when (IsFailure(e))
        {
            throw new EdgeDialException($"failed to dial to edge with quic: {address}: {e.Message}", e);
        }
    }

    /// <summary>Completes a handshake under the name of probes, from any address and port, and closes at once.</summary>
    /// <exception cref="EdgeDialException">There is no answer, or not the right one.</exception>
    public async Task ProbeAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        try
        {
            var options = WithTrust(_options with { ServerName = EdgeServerNames.Probe, LocalAddress = null });
            var connection = await ConnectAsync(address, options, cancellationToken).ConfigureAwait(false);
            if (connection is QuicConnection own)
            {
                await own.CloseAsync(0, "precheck complete").ConfigureAwait(false);
            }
            else
            {
                await connection.CloseAsync().ConfigureAwait(false);
            }
        }
        catch (Exception e) when (IsFailure(e))
        {
            throw new EdgeDialException($"failed to probe edge with quic: {address}: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static bool IsFailure(Exception e) => e is QuicConnectionException or SocketException or QuicUnavailableException
        or System.Net.Quic.QuicException or AuthenticationException;

    private async ValueTask<IQuicConnection> ConnectAsync(IPEndPoint address, byte index, CancellationToken cancellationToken)
    {
        var options = WithTrust(_options);
        if (_ports.TryGetValue(index, out var port))
        {
            try
            {
                return await ConnectAsync(address, options with { LocalPort = port }, cancellationToken).ConfigureAwait(false);
            }
            catch (SocketException)
            {
                // Somebody else has the port now.
                _ports.TryRemove(index, out _);
            }
        }

        return await ConnectAsync(address, options, cancellationToken).ConfigureAwait(false);
    }

    // Asked for each time: the file that names them may have changed.
    private QuicClientOptions WithTrust(QuicClientOptions options) => options with
    {
        TrustedRootsPem = _trust.OwnRoots.ExportCertificatePems(),
        TrustSystemRoots = _trust.TrustsSystem,
    };

    private async ValueTask<IQuicConnection> ConnectAsync(
        IPEndPoint address, QuicClientOptions options, CancellationToken cancellationToken)
    {
        if (_provider == QuicProvider.MsQuic
            && (OperatingSystem.IsLinux() || OperatingSystem.IsWindows() || OperatingSystem.IsMacOS()))
        {
            return await PlatformQuic.ConnectAsync(address, _trust, options, cancellationToken).ConfigureAwait(false);
        }

        return await QuicClient.ConnectAsync(address, options, cancellationToken).ConfigureAwait(false);
    }
}
