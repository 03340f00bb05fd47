using Culvert.Ingress.Snapshots;

namespace Culvert.Engine.Routing;

/// <summary>
/// The table in force, and those that were replaced while requests ran on them. A request leases the table that is in force when
/// it comes and keeps it to its end; the origins of a replaced table stop when its last lease is returned. Thread-safe.
/// </summary>
internal sealed class CurrentTable : IAsyncDisposable
{
    /// <summary>Most rules of replaced tables together; beyond it the requests on the oldest table are ended.</summary>
    public const int MaxReplacedRules = 2 * IngressSnapshot.MaxRules;

    private readonly Lock _lock = new();
    private readonly int _maxReplacedRules;

    // Oldest first.
    private readonly List<(LeasedTable Table, Task Retirement)> _replaced = [];
    private LeasedTable _current;
    private bool _stopped;

    /// <summary>Puts the first table into force; it is owned from now on.</summary>
    public CurrentTable(LeasedTable first, int maxReplacedRules = MaxReplacedRules)
    {
        _current = first;
        _maxReplacedRules = maxReplacedRules;
    }

    /// <summary>Replaced tables whose origins have not stopped yet, because requests still run on them.</summary>
    public int Replaced
    {
        get
        {
            lock (_lock)
            {
                return _replaced.Count;
            }
        }
    }

    /// <summary>Leases the table in force; the caller gives it back with <see cref="LeasedTable.Return"/>.</summary>
    public LeasedTable Lease()
    {
        while (true)
        {
            // Fails only when the table was replaced, and given back by all others, since it was read.
            var current = Volatile.Read(ref _current);
            if (current.TryTake())
            {
                return current;
            }
        }
    }

    /// <summary>Puts the next table into force, which is owned from now on.</summary>
    /// <returns>On how many old tables the requests were ended, because there were too many of them.</returns>
    public int Replace(LeasedTable next)
    {
        LeasedTable old;
        lock (_lock)
        {
            old = Interlocked.Exchange(ref _current, next);
            if (_stopped)
            {
                next.Stop();
            }

            _replaced.Add((old, Task.CompletedTask));
            _replaced[^1] = (old, RetireAsync(old));
        }

        old.Origins.Retire();
        old.Return();
        var excess = Excess();
        excess.ForEach(table => table.Stop());
        return excess.Count;
    }

    /// <summary>Ends every request, on whichever table it runs.</summary>
    public void Stop()
    {
        LeasedTable[] tables;
        lock (_lock)
        {
            _stopped = true;
            tables = [.. _replaced.Select(replaced => replaced.Table), _current];
        }

        Array.ForEach(tables, table => table.Stop());
    }

    /// <summary>Ends every request and stops every origin.</summary>
    public async ValueTask DisposeAsync()
    {
        Stop();
        Task[] retirements;
        lock (_lock)
        {
            retirements = [.. _replaced.Select(replaced => replaced.Retirement)];
        }

        await Task.WhenAll(retirements).ConfigureAwait(false);
        await _current.Origins.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RetireAsync(LeasedTable table)
    {
        await table.Unused.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await table.Origins.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                _replaced.RemoveAll(replaced => replaced.Table == table);
            }
        }
    }

    // Counted in rules, because a table is as large as their number.
    private List<LeasedTable> Excess()
    {
        var excess = new List<LeasedTable>();
        var rules = 0L;
        lock (_lock)
        {
            foreach (var (table, _) in Enumerable.Reverse(_replaced).Where(replaced => !replaced.Table.Unused.IsCompleted))
            {
                rules += table.Origins.Snapshot.Rules.Count;
                if (rules > _maxReplacedRules && !table.Stopping.IsCancellationRequested)
                {
                    excess.Add(table);
                }
            }
        }

        return excess;
    }
}
