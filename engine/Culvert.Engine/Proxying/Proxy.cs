using Culvert.Engine.Origins;
using Culvert.Engine.Routing;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;
using Microsoft.Extensions.Logging;

namespace Culvert.Engine.Proxying;

/// <summary>Joins the stages: a request that a transport decoded is classified, routed, and answered by an origin. Thread-safe.</summary>
public sealed partial class Proxy : IAsyncDisposable
{
    private readonly ILogger _logger;
    private readonly OriginTable _table;
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Creates a proxy over started origins, which it owns.</summary>
    public Proxy(OriginTable table, ILogger logger)
    {
        _table = table;
        _logger = logger;
    }

    /// <summary>Answers one request. The stream is ended by the transport when the task ends, and aborted when it fails.</summary>
    public async Task ServeAsync(EdgeStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(stream.Aborted, _stopping.Token);
        try
        {
            if (stream.Request.Kind == StreamKind.Tcp)
            {
                throw new OriginException(new NotSupportedException("private network routing is not available in this version"));
            }

            var rule = RequestRoute.Find(_table.Snapshot, stream.Request);
            await _table[rule].ServeAsync(stream, cancelled.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await FailAsync(stream, e, cancelled.IsCancellationRequested).ConfigureAwait(false);
        }
    }

    /// <summary>Gives up every request that is still running. Those without a response head are answered 502.</summary>
    public void Stop() => _stopping.Cancel();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _table.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async ValueTask FailAsync(EdgeStream stream, Exception error, bool cancelled)
    {
        var reason = cancelled ? "Incoming request ended abruptly: context canceled" : error.Message;
        if (!stream.Aborted.IsCancellationRequested)
        {
            LogFailure(_logger, reason);
        }

        if (stream.HeadSent)
        {
            stream.Abort();
            return;
        }

        if (!stream.Aborted.IsCancellationRequested)
        {
            await stream.RejectAsync(ResponseSource.Connector, reason, stream.Aborted).ConfigureAwait(false);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "failed to serve incoming request {error}")]
    private static partial void LogFailure(ILogger logger, string error);
}
