using System.Globalization;
using Culvert.PerfGate.Statistics;

namespace Culvert.PerfGate.Rings;

/// <summary>
/// Ring 3: CPU time per request of two connectors, run in turn against the same edge and origin. The ratio of neighbours in time
/// cancels what the machine does meanwhile; the interval says how sure that is.
/// </summary>
internal static class PairedRing
{
    /// <summary>A lower bound above this fails.</summary>
    public const double Limit = 1.05;

    private const string Requests = "8000";
    private const string Rounds = "12";

    // Each batch has processes of its own, and a process is faster or slower than its like for its whole life, by where its
    // memory and threads happen to lie. So one batch can acquit, but only all of them together can convict.
    private const int MostBatches = 4;

    /// <summary>
    /// CPU of the first over the second, per request. Goes on, up to four batches, until it is clear that nothing is worse.
    /// </summary>
    public static Interval Compare(string protocol, string connector, string baseline)
    {
        var batches = new List<IReadOnlyList<double>>();
        do
        {
            var lines = Programs.Load(
                "get-50", "--protocol", protocol, "--requests", Requests, "--rounds", Rounds, "--no-syscalls",
                "--connector", connector, "--compare", baseline);
            batches.Add(Ratios(lines[0].ConnectorCpu, lines[1].ConnectorCpu));
        }
        while (batches.Count < MostBatches && !Acquits(Interval.OfGroups(batches)));

        return Interval.OfGroups(batches);
    }

    /// <summary>The ratios of neighbouring rounds.</summary>
    public static IReadOnlyList<double> Ratios(IReadOnlyList<double> head, IReadOnlyList<double> baseline) =>
        [.. head.Zip(baseline, (a, b) => a / b)];

    /// <summary>Whether the build fails: it is worse by more than 5 %, and not by chance.</summary>
    public static bool Fails(Interval ratio) => !(ratio.Low <= Limit);

    /// <summary>Whether it is clear that it is no worse than allowed.</summary>
    public static bool Acquits(Interval ratio) => ratio.High <= Limit;

    public static string Line(string protocol, Interval ratio) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(Fails(ratio) ? "WORSE" : "ok"),-6} get-50/{protocol}/connector/cpu: {ratio.Estimate:F3} of the baseline commit's " +
        $"[{ratio.Low:F3} {ratio.High:F3}]");
}
