using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Culvert.Transports.Connections;
using Culvert.Transports.Sockets;
using Culvert.Transports.Tls;

namespace Culvert.Transports.Http2.ConnectorRole;

/// <summary>
/// Dials edge nodes over TCP and TLS and hands out connections on which the connector is the HTTP/2 <em>server</em>
/// (http2-and-proxy, sections 1.1 and 1.2). One instance serves every connection of a process.
/// </summary>
/// <remarks>Thread-safe. Disposing closes every connection.</remarks>
public sealed class Http2EdgeDialer : IEdgeDialer
{
    /// <summary>
    /// Three tries of the system; after more of them the next address, or the same one anew, is the better bet.
    /// </summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>An edge node whose connectors all come back at once needs its time.</summary>
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(15);

    private readonly EdgeTrust _trust;
    private readonly IPAddress? _bindAddress;
    private readonly TimeProvider _time;

    // Most connectors never dial with it: QUIC works for them, and a probe needs no server.
    private readonly Lazy<Http2StreamServer> _server = new(static () => new Http2StreamServer());

    /// <summary>Creates a dialer.</summary>
    /// <param name="trust">Who may vouch for an edge node.</param>
    /// <param name="bindAddress">Local address to dial from, or null for any.</param>
    /// <param name="time">Clock of the limits for connecting, 5 s, and for the handshake, 15 s.</param>
    public Http2EdgeDialer(EdgeTrust trust, IPAddress? bindAddress = null, TimeProvider? time = null)
    {
        _trust = trust;
        _bindAddress = bindAddress;
        _time = time ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public string Protocol => "http2";

    /// <inheritdoc/>
    public async Task<EdgeConnection> DialAsync(IPEndPoint address, byte index, CancellationToken cancellationToken)
    {
        await _server.Value.StartAsync(cancellationToken).ConfigureAwait(false);
        var socket = await ConnectAsync(address, _bindAddress, cancellationToken).ConfigureAwait(false);
        SslStream? tls = null;
        try
        {
            tls = new SslStream(new SocketStream(socket));
            await HandshakeAsync(tls, EdgeServerNames.Http2, address, cancellationToken).ConfigureAwait(false);
            return new Http2EdgeConnection(_server.Value, tls, socket, address, index);
        }
        catch
        {
            if (tls is not null)
            {
                await tls.DisposeAsync().ConfigureAwait(false);
            }

            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Completes a TLS handshake under the name of probes, from any address, and closes; no byte of HTTP is sent.
    /// </summary>
    /// <exception cref="EdgeDialException">There is no answer, or not the right one.</exception>
    public async Task ProbeAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        using var socket = await ConnectAsync(address, bindAddress: null, cancellationToken).ConfigureAwait(false);
        var tls = new SslStream(new NetworkStream(socket));
        await using (tls.ConfigureAwait(false))
        {
            await HandshakeAsync(tls, EdgeServerNames.Probe, address, cancellationToken).ConfigureAwait(false);
            await tls.ShutdownAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _server.IsValueCreated ? _server.Value.DisposeAsync() : ValueTask.CompletedTask;

    private async Task<Socket> ConnectAsync(IPEndPoint address, IPAddress? bindAddress, CancellationToken cancellationToken)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            TcpLiveness.Apply(socket);
            if (bindAddress is not null)
            {
                socket.Bind(new IPEndPoint(bindAddress, 0));
            }

            using var limit = new LinkedDeadline(ConnectTimeout, _time, cancellationToken);
            await socket.ConnectAsync(address, limit.Token).ConfigureAwait(false);
            return socket;
        }
        catch (Exception e) when (e is SocketException || IsLate(e, cancellationToken))
        {
            socket?.Dispose();
            var cause = e is SocketException ? e.Message : $"no answer within {ConnectTimeout.TotalSeconds:0} s";
            throw new EdgeDialException($"DialContext error: dial tcp {address}: {cause}", e);
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    // A limit that has passed, and not the caller who gave up.
    private static bool IsLate(Exception e, CancellationToken cancellationToken) =>
        e is OperationCanceledException && !cancellationToken.IsCancellationRequested;

    private async Task HandshakeAsync(SslStream tls, string name, IPEndPoint address, CancellationToken cancellationToken)
    {
        // No ALPN: edges speak HTTP/2 with prior knowledge (section 1.1).
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = name,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateChainPolicy = _trust.CreateChainPolicy(),
        };
        try
        {
            using var limit = new LinkedDeadline(HandshakeTimeout, _time, cancellationToken);
            await tls.AuthenticateAsClientAsync(options, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is AuthenticationException or IOException || IsLate(e, cancellationToken))
        {
            var cause = e is OperationCanceledException ? $"no answer within {HandshakeTimeout.TotalSeconds:0} s" : e.Message;
            throw new EdgeDialException($"TLS handshake with edge error: {address}: {cause}", e);
        }
    }
}
