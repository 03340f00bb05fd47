using System.Net;
using System.Security.Cryptography.X509Certificates;
using Culvert.Edge.Certificates;
using Culvert.Transports.Quic;
using Culvert.Transports.Quic.EdgeRole;

namespace Culvert.Edge.Connections;

/// <summary>Accepts connectors over QUIC and runs a <see cref="ConnectorSession"/> for each.</summary>
internal sealed class QuicConnectorListener : IAsyncDisposable
{
    private readonly QuicTunnelListener _listener;
    private readonly X509Certificate2 _authority;
    private readonly ConnectorSessions _sessions;
    private readonly CancellationTokenSource _stopping = new();
    private Task _accepting = Task.CompletedTask;

    private QuicConnectorListener(QuicTunnelListener listener, X509Certificate2 authority, ConnectorSessions sessions)
    {
        _listener = listener;
        _authority = authority;
        _sessions = sessions;
    }

    /// <exception cref="QuicUnavailableException">QUIC cannot be used on this machine.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The address cannot be bound.</exception>
    public static async Task<QuicConnectorListener> BindAsync(
        IPEndPoint address, EdgeOptions options, ConnectorSessions sessions, EdgeCertificates certificates,
        CancellationToken cancellationToken)
    {
        var listen = new QuicTunnelListenerOptions
        {
            EndPoint = address,
            Provider = options.QuicProvider,
            Loops = options.QuicLoops,
            MaxConnections = options.MaxConnectorConnections,
            Transport = options.Quic,
        };
        return new QuicConnectorListener(
            await QuicTunnelListener.BindAsync(listen, certificates.Server, certificates.Authority, cancellationToken)
                .ConfigureAwait(false),
            certificates.Authority,
            sessions);
    }

    /// <summary>Shows another certificate from the next connection on.</summary>
    /// <exception cref="ArgumentException">The certificate or its key is of no use; the old one stays.</exception>
    public void Present(X509Certificate2 certificate) => _listener.Present(certificate, _authority);

    public void Start() => _accepting = AcceptAsync();

    /// <summary>Refuses connectors from now on; connections that were accepted go on.</summary>
    public async Task StopAcceptingAsync()
    {
        _listener.StopAccepting();
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAcceptingAsync().ConfigureAwait(false);
        await _listener.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                await _sessions.WaitForRoomAsync(_stopping.Token).ConfigureAwait(false);
                var connection = await _listener.AcceptAsync(_stopping.Token).ConfigureAwait(false);
                _sessions.Start(_ => Task.FromResult(connection));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The node stops.
        }
    }
}
