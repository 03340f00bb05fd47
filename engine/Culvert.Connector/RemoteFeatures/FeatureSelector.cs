using Microsoft.Extensions.Logging;

namespace Culvert.Connector.RemoteFeatures;

/// <summary>
/// The features that a DNS record turns on for an account: asked for before the first connection, and then each hour; what was
/// there last holds when there is no answer (ingress-and-config, sections 7.2 to 7.4). Thread-safe.
/// </summary>
internal sealed partial class FeatureSelector : IAsyncDisposable
{
    private readonly FeatureRecordSource _source;
    private readonly uint _hash;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private volatile FeatureRecord? _record;
    private Task _refreshing = Task.CompletedTask;

    private FeatureSelector(FeatureRecordSource source, string accountTag, TimeProvider time, ILogger logger) =>
        (_source, _hash, _time, _logger) = (source, AccountHash.Of(accountTag), time, logger);

    /// <summary>Time between two questions.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromHours(1);

    /// <summary>Whether datagrams of version 3 are on for the account; null while nothing is known.</summary>
    public bool? DatagramV3 => _record is { } record ? record.DatagramV3Percentage > _hash : null;

    /// <summary>Whether nothing is to be looked at before connecting; false while nothing is known.</summary>
    public bool SkipPrechecks => _record is { SkipPrechecks: true };

    /// <summary>
    /// Asks for the first time, which takes <see cref="FeatureRecordSource.Timeout"/> at most, and goes on asking.
    /// </summary>
    /// <exception cref="OperationCanceledException">Given up; an answer that does not come is no failure.</exception>
    public static async Task<FeatureSelector> StartAsync(
        FeatureRecordSource source, string accountTag, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        var selector = new FeatureSelector(source, accountTag, time, logger);
        if (await selector.AskAsync(cancellationToken).ConfigureAwait(false) is { } error)
        {
            LogNotFetched(logger, error);
        }

        selector._refreshing = selector.RefreshAsync();
        return selector;
    }

    /// <summary>Stops asking.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _refreshing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RefreshAsync()
    {
        while (true)
        {
            await Task.Delay(Interval, _time, _stop.Token).ConfigureAwait(false);
            if (await AskAsync(_stop.Token).ConfigureAwait(false) is { } error)
            {
                LogNotRefreshed(_logger, error);
            }
        }
    }

    // What went wrong, or null.
    private async Task<string?> AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            _record = await _source.ReadAsync(_time, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return e.Message;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Failed to fetch features, default to disable {error}")]
    private static partial void LogNotFetched(ILogger logger, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Failed to refresh feature selector {error}")]
    private static partial void LogNotRefreshed(ILogger logger, string error);
}
