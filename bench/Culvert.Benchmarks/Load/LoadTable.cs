using System.Globalization;
using Culvert.Benchmarks.Load.Processes;
using Culvert.Benchmarks.Load.Scenarios;
using Culvert.PerfGate.Statistics;

namespace Culvert.Benchmarks.Load;

/// <summary>The table of all results: medians over the rounds. docs/benchmark.md says what each column means.</summary>
internal static class LoadTable
{
    private static readonly string[] Heads =
    [
        "scenario", "over", "connector", "unit", "unit/s", "p50 ms", "p99 ms", "p99.9 ms",
            "failed", "cpu us", "edge", "alloc B", "edge", "peak MB", "edge",
        "grown KiB", "edge", "syscalls", "edge", "dgrams/send", "edge", "dgrams/recv", "edge",
    ];

    public static void Write(IReadOnlyList<ScenarioResult> results, TextWriter output)
    {
        TextTable.Write(Heads, [.. results.Select(Row)], output);
        output.WriteLine(SyscallCount.ToolName is { } tool
            ? $"System calls counted with {tool}. A dash: not measured, or not reported by that process."
            : "System calls not counted: neither perf nor strace can do it here. " +
                "A dash: not measured, or not reported by that process.");
    }

    private static string[] Row(ScenarioResult result)
    {
        double Median(Func<Sample, double> figure) => Quantile.Median(result.Rounds.Select(figure));
        string Both(Func<Usage, Sample, double> figure, string format) =>
            Text(Median(sample => figure(sample.Connector, sample)), format) + "\0" +
                Text(Median(sample => figure(sample.Edge, sample)), format);
        var columns = new[]
        {
            result.Scenario.Name, result.Protocol, result.Connector, result.Scenario.Unit,
            Text(Median(sample => sample.Units / sample.Seconds), "F0"),
            Text(Median(sample => Quantile.Of(sample.Latencies, 0.5)), "F2"),
            Text(Median(sample => Quantile.Of(sample.Latencies, 0.99)), "F2"),
            Text(Median(sample => Quantile.Of(sample.Latencies, 0.999)), "F2"),
            Text(result.Rounds.Sum(sample => sample.Failures), "F0"),
            Both((usage, sample) => usage.CpuSeconds * 1e6 / sample.Units, "F1"),
            Both((usage, sample) => usage.Per("allocated", sample.Units), "F0"),
            Both((usage, _) => usage.PeakBytes / 1e6, "F0"),
            Both((usage, sample) => result.Scenario.Repeats ? double.NaN : usage.GrownBytes / 1024.0 / sample.Units, "F1"),
            Text(result.Calls?.Connector ?? double.NaN, "F2"), Text(result.Calls?.Edge ?? double.NaN, "F2"),
            Both((usage, _) => usage.Ratio("udp_sent", "udp_sends"), "F2"),
            Both((usage, _) => usage.Ratio("udp_received", "udp_receives"), "F2"),
        };
        return [.. columns.SelectMany(column => column.Split('\0'))];
    }

    private static string Text(double figure, string format) =>
        double.IsNaN(figure) ? "-" : figure.ToString(format, CultureInfo.InvariantCulture);
}
