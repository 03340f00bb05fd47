using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Culvert.Transports.Http2.EdgeRole;
using Microsoft.Extensions.Logging;

namespace Culvert.Edge.Connections;

/// <summary>Accepts connectors over TCP, which speak HTTP/2, and runs a <see cref="ConnectorSession"/> for each.</summary>
internal sealed partial class TcpConnectorListener : IAsyncDisposable
{
    /// <summary>
    /// Connectors that wait to be accepted, as many as Linux allows by default. All come back at once after a restart; one that
    /// finds no place here believes that it is connected, and waits for an answer until its handshake fails.
    /// </summary>
    private const int Backlog = 4096;

    private readonly ConnectorSessions _sessions;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Socket _socket;
    private readonly CancellationTokenSource _stopping = new();
    private Task _accepting = Task.CompletedTask;
    private volatile SslStreamCertificateContext _certificate;

    public TcpConnectorListener(
        IPEndPoint address, ConnectorSessions sessions, SslStreamCertificateContext certificate, TimeProvider time,
        ILogger logger)
    {
        _sessions = sessions;
        _certificate = certificate;
        _time = time;
        _logger = logger;
        _socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _socket.Bind(address);
        _socket.Listen(Backlog);
        LocalEndPoint = (IPEndPoint)_socket.LocalEndPoint!;
    }

    public IPEndPoint LocalEndPoint { get; }

    /// <summary>Shows another certificate from the next connection on.</summary>
    public void Present(SslStreamCertificateContext certificate) => _certificate = certificate;

    public void Start() => _accepting = AcceptAsync();

    /// <summary>Closes the port; connections that were accepted go on.</summary>
    public async Task StopAcceptingAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        _socket.Dispose();
        await _accepting.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAcceptingAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await _sessions.WaitForRoomAsync(_stopping.Token).ConfigureAwait(false);
                var socket = await _socket.AcceptAsync(_stopping.Token).ConfigureAwait(false);
                _sessions.Start(ct => Http2ConnectorConnection.AcceptAsync(socket, _certificate, _time, ct));
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                // Out of file descriptors, or a peer that was gone before it was accepted: neither ends the listener.
                _sessions.ReturnRoom();
                LogAcceptFailed(_logger, e.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(100), _time, _stopping.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Failed to accept a connector {error}")]
    private static partial void LogAcceptFailed(ILogger logger, string error);
}
