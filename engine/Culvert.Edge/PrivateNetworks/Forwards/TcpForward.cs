using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Culvert.Edge.PrivateNetworks.Streams;
using Culvert.Edge.Tunnels;
using Microsoft.Extensions.Logging;

namespace Culvert.Edge.PrivateNetworks.Forwards;

/// <summary>
/// A TCP port of the edge node that leads to one destination behind a tunnel, or to the TCP service of a hostname: a stream for
/// each client.
/// </summary>
internal sealed partial class TcpForward : IAsyncDisposable
{
    private readonly PortForward _forward;
    private readonly TunnelDirectory _tunnels;
    private readonly TunnelStreams _streams;
    private readonly ILogger _logger;
    private readonly TcpClients _clients;

    /// <exception cref="SocketException">The port cannot be bound.</exception>
    public TcpForward(PortForward forward, TunnelDirectory tunnels, TunnelStreams streams, ILogger logger)
    {
        _forward = forward;
        _tunnels = tunnels;
        _streams = streams;
        _logger = logger;
        _clients = new TcpClients(forward.Listen, forward.MaxClients, ServeAsync);
    }

    public IPEndPoint LocalEndPoint => _clients.LocalEndPoint;

    public void Start() => _clients.Start();

    public ValueTask DisposeAsync() => _clients.DisposeAsync();

    // A client whose stream cannot be opened, or was cut, is reset: it must not look like an end.
    private async Task ServeAsync(Socket socket, PipeReader input, CancellationToken cancellationToken)
    {
        try
        {
            if (_forward.Hostname is { } hostname)
            {
                var tunnel = _tunnels.Find(hostname) ?? throw new TunnelStreamException($"there is no tunnel for {hostname}");
                var opened = await _streams.OpenServiceAsync(tunnel, hostname, cancellationToken).ConfigureAwait(false);
                await using (opened.ConfigureAwait(false))
                {
                    await WebSocketTcp.RunAsync(socket, input, opened.Stream, cancellationToken).ConfigureAwait(false);
                }
            }
            else
            {
                var destination = _forward.Destination!;
                var tunnel = destination.Find(_tunnels)
                    ?? throw new TunnelStreamException($"there is no tunnel {destination.Tunnel}");
                var opened = await _streams.OpenAsync(tunnel, destination.EndPoint, cancellationToken).ConfigureAwait(false);
                await using (opened.ConfigureAwait(false))
                {
                    await TcpRelay.RunAsync(socket, input, opened.Stream, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (TunnelStreamException e)
        {
            LogNotOpened(_logger, LocalEndPoint, _forward.Hostname ?? _forward.Destination!.ToString(), e.Message);
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception)
        {
            socket.LingerState = new LingerOption(true, 0);
            throw;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "TCP client turned away {listen} {dst} {error}")]
    private static partial void LogNotOpened(ILogger logger, IPEndPoint listen, string dst, string error);
}
