using Culvert.Benchmarks.Load.Processes;

namespace Culvert.Benchmarks.Load.Scenarios;

/// <summary>What one process used during a run.</summary>
/// <param name="CpuSeconds">User and system time.</param>
/// <param name="GrownBytes">Resident memory gained.</param>
/// <param name="PeakBytes">Most resident memory since the process started.</param>
/// <param name="Counters">What its own counters gained; empty when it has none.</param>
internal sealed record Usage(double CpuSeconds, long GrownBytes, long PeakBytes, IReadOnlyDictionary<string, long> Counters)
{
    public static Usage Between(ProcessReading before, ProcessReading after) => new(
        after.CpuSeconds - before.CpuSeconds,
        after.ResidentBytes - before.ResidentBytes,
        after.PeakBytes,
        after.Counters.ToDictionary(pair => pair.Key, pair => pair.Value - before.Counters.GetValueOrDefault(pair.Key)));

    /// <summary>One counter over a divisor; NaN when the process does not report it.</summary>
    public double Per(string counter, double divisor) =>
        Counters.TryGetValue(counter, out var count) && divisor > 0 ? count / divisor : double.NaN;

    /// <summary>One counter over another; NaN when there is nothing to divide.</summary>
    public double Ratio(string counter, string divisor) => Per(counter, Counters.GetValueOrDefault(divisor));
}
