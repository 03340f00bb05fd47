using System.Threading.Channels;
using Culvert.Connector.Metrics;
using Culvert.Transports.Connections;
using Microsoft.Extensions.Logging;

namespace Culvert.Connector.Datagrams;

/// <summary>
/// Tells the edge which of a connection's sessions ended by themselves, one call after the other, until the connection ends. What
/// does not fit its queue is not told: the edge hears of it by silence.
/// </summary>
internal sealed partial class EndedSessions
{
    private const int QueueLength = 1024;

    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5);

    private readonly EdgeConnection _connection;
    private readonly RpcMetrics _metrics;
    private readonly ILogger _logger;
    private readonly Channel<(Guid Id, string Reason)> _queue = Channel.CreateBounded<(Guid, string)>(
        new BoundedChannelOptions(QueueLength) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    public EndedSessions(EdgeConnection connection, RpcMetrics metrics, ILogger logger)
    {
        _connection = connection;
        _metrics = metrics;
        _logger = logger;
        Running = RunAsync(connection.Datagrams!.ClosedToken);
    }

    /// <summary>Ends with the connection.</summary>
    public Task Running { get; }

    /// <summary>A session has ended. Never waits.</summary>
    public void Ended(Guid id, string reason) => _queue.Writer.TryWrite((id, reason));

    private async Task RunAsync(CancellationToken closed)
    {
        try
        {
            await foreach (var (id, reason) in _queue.Reader.ReadAllAsync(closed).ConfigureAwait(false))
            {
                await TellAsync(id, reason, closed).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The edge has forgotten all sessions with the connection.
        }
    }

    private async Task TellAsync(Guid id, string reason, CancellationToken closed)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(closed);
        limit.CancelAfter(CallTimeout);
        try
        {
            await _metrics.UnregisterSessionAsync(() => _connection.UnregisterUdpSessionAsync(id, reason, limit.Token))
                .ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            LogNotTold(_logger, id, e.Message);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Debug, Message = "Failed to open quic stream to unregister udp session with edge {sessionID} {error}")]
    private static partial void LogNotTold(ILogger logger, Guid sessionID, string error);
}
