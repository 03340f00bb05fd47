namespace Culvert.Benchmarks.Load.Visitors;

/// <summary>What visitors saw of a run.</summary>
/// <param name="Requests">Responses received in full.</param>
/// <param name="Failures">Requests that got no response, or one that says they failed.</param>
/// <param name="Seconds">Wall-clock time.</param>
/// <param name="Latencies">Milliseconds of each request, shortest first.</param>
internal sealed record LoadResult(long Requests, long Failures, double Seconds, double[] Latencies);
