using System.Diagnostics;

namespace Culvert.Benchmarks.Load.Visitors;

/// <summary>What the connections of one run share: the request, how many are left, and how long each took.</summary>
internal sealed class LoadRun(VisitorRequest request, long requests, TimeSpan time, bool keepsConnections)
{
    private readonly long _deadline = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
    private readonly List<long> _ticks = [];
    private long _taken;

    public VisitorRequest Request => request;

    /// <summary>Whether a connection sends one request only and then stays open.</summary>
    public bool KeepsConnections => keepsConnections;

    public int Open { get; private set; }

    public int Completions => _ticks.Count;

    public int Failures { get; private set; }

    public string? FirstFailure { get; private set; }

    /// <summary>Takes the next request of the budget; false when it is used up.</summary>
    public bool TryTake()
    {
        if (_taken >= requests || Stopwatch.GetTimestamp() >= _deadline)
        {
            return false;
        }

        _taken++;
        Open++;
        return true;
    }

    public void Completed(long ticks)
    {
        _ticks.Add(ticks);
        Open--;
    }

    public void Failed(string why)
    {
        Failures++;
        Open--;
        FirstFailure ??= why;
    }

    /// <summary>Times of the requests in milliseconds, shortest first.</summary>
    public double[] Latencies() => [.. _ticks.Order().Select(ticks => ticks * 1000.0 / Stopwatch.Frequency)];
}
