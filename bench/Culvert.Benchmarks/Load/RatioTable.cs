using System.Globalization;
using Culvert.Benchmarks.Load.Scenarios;
using Culvert.PerfGate.Statistics;

namespace Culvert.Benchmarks.Load;

/// <summary>
/// The first connector over the second, round by round (neighbours in time), with a bootstrap interval of the median ratio.
/// </summary>
internal static class RatioTable
{
    private static readonly string[] Heads = ["scenario", "over", "cpu", "unit/s", "p99", "peak", "grown", "edge cpu"];

    /// <summary>Writes nothing when there is nothing to compare.</summary>
    public static void Write(IReadOnlyList<ScenarioResult> results, TextWriter output)
    {
        var pairs = results.GroupBy(result => (result.Scenario.Name, result.Protocol))
            .Where(group => group.Count() == 2).ToList();
        if (pairs.Count == 0)
        {
            return;
        }

        output.WriteLine();
        output.WriteLine("culvert / compared: median of the rounds' ratios, with the range of 95 % confidence");
        TextTable.Write(Heads, [.. pairs.Select(pair => Row(pair.First(), pair.Last()))], output);
    }

    private static string[] Row(ScenarioResult ours, ScenarioResult theirs)
    {
        string Ratio(Func<Sample, double> figure) =>
            Text(Interval.OfMedian([.. ours.Rounds.Zip(theirs.Rounds, (a, b) => figure(a) / figure(b))]));
        return
        [
            ours.Scenario.Name,
            ours.Protocol,
            Ratio(sample => sample.Connector.CpuSeconds / sample.Units),
            Ratio(sample => sample.Units / sample.Seconds),
            Ratio(sample => Quantile.Of(sample.Latencies, 0.99)),
            Ratio(sample => sample.Connector.PeakBytes),
            ours.Scenario.Repeats ? "-" : Ratio(sample => sample.Connector.GrownBytes),
            Ratio(sample => sample.Edge.CpuSeconds / sample.Units),
        ];
    }

    private static string Text(Interval ratio) => double.IsNaN(ratio.Estimate)
        ? "-" : string.Create(CultureInfo.InvariantCulture, $"{ratio.Estimate:F2} [{ratio.Low:F2} {ratio.High:F2}]");
}
