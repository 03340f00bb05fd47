using System.Collections.Concurrent;

namespace Culvert.Benchmarks.Fleet;

/// <summary>Counts what happens to a fleet's connections. Thread-safe.</summary>
internal sealed class FleetCount
{
    private readonly ConcurrentDictionary<string, int> _failures = new();
    private int _connections;
    private int _registrations;

    /// <summary>Connections that are registered now.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Registrations since the start.</summary>
    public int Registrations => Volatile.Read(ref _registrations);

    public void Registered()
    {
        Interlocked.Increment(ref _connections);
        Interlocked.Increment(ref _registrations);
    }

    public void Lost() => Interlocked.Decrement(ref _connections);

    public void Failed(Exception cause) =>
        _failures.AddOrUpdate($"{cause.GetType().Name}: {cause.Message}", 1, static (_, count) => count + 1);

    /// <summary>The most frequent reasons of failed attempts since the last call, and forgets them.</summary>
    public IEnumerable<string> TakeFailures()
    {
        var worst = _failures.OrderByDescending(failure => failure.Value).Take(5).Select(f => $"{f.Value} x {f.Key}").ToArray();
        _failures.Clear();
        return worst;
    }
}
