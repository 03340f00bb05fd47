using System.Collections.Concurrent;

namespace Culvert.Edge.PrivateNetworks.Flows;

/// <summary>
/// Calls about sessions of version 2 that are under way: each ends when it is answered, after five seconds, or with its owner.
/// Thread-safe.
/// </summary>
internal sealed class SessionCalls : IAsyncDisposable
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<long, Task> _running = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stop;
    private long _started;

    public SessionCalls() => _stop = _stopping.Token;

    /// <summary>Calls under way.</summary>
    public int Count => _running.Count;

    /// <summary>Begins a call that answers for its own failures.</summary>
    public void Start(Func<CancellationToken, Task> call)
    {
        var run = RunAsync(call);
        if (!run.IsCompleted)
        {
            var id = Interlocked.Increment(ref _started);
            _running[id] = run;
            _ = run.ContinueWith(_ => _running.TryRemove(id, out Task? _), TaskScheduler.Default);
        }
    }

    /// <summary>Ends what is under way, and waits for it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_running.Values).ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task RunAsync(Func<CancellationToken, Task> call)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop);
        limit.CancelAfter(CallTimeout);
        await call(limit.Token).ConfigureAwait(false);
    }
}
