using System.Collections.Concurrent;
using System.Net;
using Culvert.Edge.Metrics;
using Culvert.Edge.PrivateNetworks.Flows;
using Culvert.Edge.Tunnels;
using Culvert.Transports.Connections;
using Culvert.Transports.Streams;
using Microsoft.Extensions.Logging;

namespace Culvert.Edge.Connections;

/// <summary>
/// The connections of all connectors: their limits, and the task that runs each. Shared by every transport's listener.
/// </summary>
internal sealed partial class ConnectorSessions : IAsyncDisposable
{
    private readonly EdgeOptions _options;
    private readonly TunnelDirectory _directory;
    private readonly FlowTable _flows;
    private readonly EdgeMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _pending;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _draining = new();
    private readonly ConcurrentDictionary<long, Task> _running = new();
    private long _started;

    public ConnectorSessions(
        EdgeOptions options, TunnelDirectory directory, FlowTable flows, EdgeMetrics metrics, TimeProvider time, ILogger logger)
    {
        _options = options;
        _directory = directory;
        _flows = flows;
        _metrics = metrics;
        _time = time;
        _logger = logger;
        _pending = new SemaphoreSlim(options.MaxPendingRegistrations);
    }

    /// <summary>
    /// Waits until another connection may start its handshake. Each call is paired with one of <see cref="Start"/> or
    /// <see cref="ReturnRoom"/>.
    /// </summary>
    public Task WaitForRoomAsync(CancellationToken cancellationToken) => _pending.WaitAsync(cancellationToken);

    public void ReturnRoom() => _pending.Release();

    /// <summary>Runs a connection from its handshake to its end.</summary>
    /// <param name="handshake">Makes the connection, or throws <see cref="ConnectorLostException"/>.</param>
    public void Start<T>(Func<CancellationToken, Task<T>> handshake)
        where T : ConnectorConnection
    {
        var id = Interlocked.Increment(ref _started);
        var run = RunAsync(handshake);
        _running[id] = run;
        run.ContinueWith(_ => _running.TryRemove(id, out Task? _), TaskScheduler.Default);
    }

    /// <summary>Closes each connection when its open streams have ended.</summary>
    /// <param name="cancellationToken">Waits no longer; nothing is closed by that.</param>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        await _draining.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_running.Values).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_running.Values).ConfigureAwait(false);
        _stopping.Dispose();
        _draining.Dispose();
        _pending.Dispose();
    }

    private async Task RunAsync<T>(Func<CancellationToken, Task<T>> handshake)
        where T : ConnectorConnection
    {
        // The accept loop goes on at once.
        await Task.Yield();
        var room = new PendingRoom(_pending);
        try
        {
            var connection = await handshake(_stopping.Token).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                if (_running.Count > _options.MaxConnectorConnections)
                {
                    _metrics.Refused("limit");
                    LogFull(_logger, connection.RemoteEndPoint, _options.MaxConnectorConnections);
                    return;
                }

                var session = new ConnectorSession(
                    connection, _options, _directory, _flows, _metrics, _time, _logger, room.Return);
                await session.RunAsync(_stopping.Token, _draining.Token).ConfigureAwait(false);
            }
        }
        catch (ConnectorLostException e)
        {
            LogLost(_logger, e.Message);
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
        catch (Exception e)
        {
            // A connector can send anything; whatever it broke belongs to its own connection.
            LogFailed(_logger, e.GetType().Name, e.Message);
        }
        finally
        {
            room.Return();
        }
    }

    /// <summary>One place among the connections that have not registered; given back once.</summary>
    private sealed class PendingRoom(SemaphoreSlim pending)
    {
        private int _returned;

        public void Return()
        {
            if (Interlocked.Exchange(ref _returned, 1) == 0)
            {
                pending.Release();
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Connector refused: too many connections {ip} {limit}")]
    private static partial void LogFull(ILogger logger, IPEndPoint ip, int limit);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Connector connection ended {error}")]
    private static partial void LogLost(ILogger logger, string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Connector connection failed {kind} {error}")]
    private static partial void LogFailed(ILogger logger, string kind, string error);
}
