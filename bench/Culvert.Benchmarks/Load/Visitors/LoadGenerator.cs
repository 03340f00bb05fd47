using System.Diagnostics;
using System.Net;
using Culvert.Benchmarks.Load.Sockets;

namespace Culvert.Benchmarks.Load.Visitors;

/// <summary>
/// A closed loop of visitors on the calling thread: each connection sends its next request when it has the response to the last.
/// </summary>
internal sealed class LoadGenerator(IPEndPoint visitors)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Sends requests for a time, or a number of them.</summary>
    /// <exception cref="BenchmarkException">No request succeeded, or nothing came back for a minute.</exception>
    public LoadResult Run(VisitorRequest request, int connections, long requests = long.MaxValue, TimeSpan? time = null)
    {
        using var epoll = new Epoll();
        var started = Stopwatch.GetTimestamp();
        var run = new LoadRun(request, requests, time ?? TimeSpan.FromHours(1), keepsConnections: false);
        Drive(epoll, run, connections);
        return new LoadResult(run.Completions, run.Failures, Stopwatch.GetElapsedTime(started).TotalSeconds, run.Latencies());
    }

    /// <summary>Sends one request.</summary>
    /// <exception cref="BenchmarkException">It failed.</exception>
    public void TryOne(VisitorRequest request)
    {
        using var epoll = new Epoll();
        Drive(epoll, new LoadRun(request, 1, TimeSpan.FromHours(1), keepsConnections: false), 1, quiet: true);
    }

    /// <summary>Sends one request on each of many connections, and keeps these open until the result is disposed.</summary>
    /// <exception cref="BenchmarkException">No request succeeded, or nothing came back for a minute.</exception>
    public IDisposable Hold(VisitorRequest request, int connections)
    {
        var epoll = new Epoll();
        Drive(epoll, new LoadRun(request, connections, TimeSpan.FromHours(1), keepsConnections: true), connections);
        return epoll;
    }

    private void Drive(Epoll epoll, LoadRun run, int connections, bool quiet = false)
    {
        for (var i = 0; i < connections; i++)
        {
            VisitorPeer.Open(run, epoll, visitors);

            // Lets the accept queue of the edge drain.
            if (i % 64 == 63)
            {
                epoll.RunOnce(0);
            }
        }

        var last = Stopwatch.GetTimestamp();
        var seen = 0;
        while (run.Open > 0)
        {
            epoll.RunOnce(100);
            if (run.Completions != seen)
            {
                seen = run.Completions;
                last = Stopwatch.GetTimestamp();
            }
            else if (Stopwatch.GetElapsedTime(last) > Patience)
            {
                throw new BenchmarkException($"{run.Open} requests without a response for a minute");
            }
        }

        if (run.Failures > 0 && !quiet)
        {
            Console.Error.WriteLine($"{run.Failures} requests to {run.Request.Host} failed; the first: {run.FirstFailure}");
        }

        if (run.Completions == 0)
        {
            throw new BenchmarkException($"no request to {run.Request.Host} succeeded: {run.FirstFailure}");
        }
    }
}
