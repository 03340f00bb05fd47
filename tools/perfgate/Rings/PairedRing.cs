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

    /// <summary>CPU of the first over the second, per request.</summary>
    public static Interval Compare(string protocol, string connector, string baseline)
    {
        var lines = Programs.Load(
            "get-50", "--protocol", protocol, "--requests", Requests, "--rounds", Rounds, "--no-syscalls",
                "--connector", connector,
            "--compare", baseline);
        return Ratio(lines[0].ConnectorCpu, lines[1].ConnectorCpu);
    }

    /// <summary>The median of the rounds' ratios with its interval.</summary>
    public static Interval Ratio(IReadOnlyList<double> head, IReadOnlyList<double> baseline) =>
        Interval.OfMedian([.. head.Zip(baseline, (a, b) => a / b)]);

    /// <summary>Whether the build fails: it is worse by more than 5 %, and not by chance.</summary>
    public static bool Fails(Interval ratio) => !(ratio.Low <= Limit);

    public static string Line(string protocol, Interval ratio) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(Fails(ratio) ? "WORSE" : "ok"),-6} get-50/{protocol}/connector/cpu: {ratio.Estimate:F3} of the baseline commit's " +
        $"[{ratio.Low:F3} {ratio.High:F3}]");
}
