using Culvert.Connector.Supervision;
using Microsoft.Extensions.Logging;

namespace Culvert.Connector.RemoteFeatures;

/// <summary>
/// The transports that the hosted edge's record leaves to an account: asked for at the start, and again when a connection is
/// about to be made and the answer is older than an hour (supervisor-and-operations, section 4.2). Thread-safe.
/// </summary>
internal sealed partial class ProtocolSelector : IAsyncDisposable
{
    private readonly FeatureRecordSource _source;
    private readonly string _accountTag;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private volatile bool _http2Only;
    private Task _asking = Task.CompletedTask;
    private long _asked;
    private TimeSpan _holds;

    private ProtocolSelector(FeatureRecordSource source, string accountTag, TimeProvider time, ILogger logger) =>
        (_source, _accountTag, _time, _logger) = (source, accountTag, time, logger);

    /// <summary>How long an answer holds.</summary>
    public static TimeSpan Lifetime { get; } = TimeSpan.FromHours(1);

    /// <summary>After a question without an answer, the next one is put no earlier than this.</summary>
    public static TimeSpan Pause { get; } = TimeSpan.FromMinutes(1);

    /// <summary>Longest that a connection waits for a new answer; then it is made by the last one.</summary>
    public static TimeSpan LongestWait { get; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// HTTP/2 where the account is among those that get it alone, else both. While there has been no answer it is both too,
    /// where the original takes HTTP/2 for an hour.
    /// </summary>
    public TunnelProtocol Current => _http2Only ? TunnelProtocol.Http2 : TunnelProtocol.Auto;

    /// <summary>Asks for the first time, which takes <see cref="FeatureRecordSource.Timeout"/> at most.</summary>
    /// <exception cref="OperationCanceledException">Given up; an answer that does not come is no failure.</exception>
    public static async Task<ProtocolSelector> StartAsync(
        FeatureRecordSource source, string accountTag, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        var selector = new ProtocolSelector(source, accountTag, time, logger);
        if (await selector.AskAsync(cancellationToken).ConfigureAwait(false) is { } error)
        {
            LogNotFetched(logger, error);
        }

        return selector;
    }

    /// <summary>
    /// Asks again where the last answer has expired. Whoever comes while a question is open waits for the same answer. A question
    /// that fails changes nothing.
    /// </summary>
    /// <param name="cancellationToken">
    /// Ends the wait, as <see cref="LongestWait"/> does, but not the question. Nothing is thrown.
    /// </param>
    public Task RefreshAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_asking.IsCompleted && !_stop.IsCancellationRequested)
            {
                if (_time.GetElapsedTime(_asked) < _holds)
                {
                    return Task.CompletedTask;
                }

                // Not under the lock: a question begins with a look at the system's resolvers.
                _asking = Task.Run(AskAgainAsync, CancellationToken.None);
            }

            return WaitAsync(_asking, cancellationToken);
        }
    }

    /// <summary>Stops asking.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        Task asking;
        lock (_lock)
        {
            asking = _asking;
        }

        await asking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task WaitAsync(Task asking, CancellationToken cancellationToken) =>
        await asking.WaitAsync(LongestWait, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private async Task AskAgainAsync()
    {
        if (await AskAsync(_stop.Token).ConfigureAwait(false) is { } error)
        {
            LogNotRefreshed(_logger, error);
        }
    }

    // What went wrong, or null.
    private async Task<string?> AskAsync(CancellationToken cancellationToken)
    {
        string? error = null;
        try
        {
            var text = await _source.ReadTextAsync(_time, cancellationToken).ConfigureAwait(false)
                ?? throw new IOException($"no TXT record found for {_source.Name}");
            var protocol = ProtocolRecord.Choose(text, _accountTag);
            _http2Only = protocol == ProtocolChoice.Http2;
            LogFetched(_logger, protocol);
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            error = e.Message;
        }
        lock (_lock)
        {
            (_asked, _holds) = (_time.GetTimestamp(), error is null ? Lifetime : Pause);
        }

        return error;
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Fetched protocol: {protocol:l}")]
    private static partial void LogFetched(ILogger logger, string protocol);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Unable to lookup protocol percentage. {error}")]
    private static partial void LogNotFetched(ILogger logger, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Failed to refresh protocol {error}")]
    private static partial void LogNotRefreshed(ILogger logger, string error);
}
