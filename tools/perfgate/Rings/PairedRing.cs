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

    // On an idle machine one batch is enough; on a busy one, whose rounds differ more, the answer needs more of them.
    private const int MostBatches = 4;

    /// <summary>CPU of the first over the second, per request. Goes on, up to four times as long, while the answer is open.</summary>
    public static Interval Compare(string protocol, string connector, string baseline)
    {
        var (ours, theirs) = (new List<double>(), new List<double>());
        var ratio = default(Interval);
        for (var batch = 0; batch == 0 || (batch < MostBatches && IsOpen(ratio)); batch++)
        {
            var lines = Programs.Load(
                "get-50", "--protocol", protocol, "--requests", Requests, "--rounds", Rounds, "--no-syscalls",
                "--connector", connector, "--compare", baseline);
            ours.AddRange(lines[0].ConnectorCpu);
            theirs.AddRange(lines[1].ConnectorCpu);
            ratio = Ratio(ours, theirs);
        }

        return ratio;
    }

    /// <summary>The median of the rounds' ratios with its interval.</summary>
    public static Interval Ratio(IReadOnlyList<double> head, IReadOnlyList<double> baseline) =>
        Interval.OfMedian([.. head.Zip(baseline, (a, b) => a / b)]);

    /// <summary>Whether the build fails: it is worse by more than 5 %, and not by chance.</summary>
    public static bool Fails(Interval ratio) => !(ratio.Low <= Limit);

    /// <summary>Whether the interval holds the limit, so that more rounds might tell.</summary>
    public static bool IsOpen(Interval ratio) => !Fails(ratio) && !(ratio.High <= Limit);

    public static string Line(string protocol, Interval ratio) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(Fails(ratio) ? "WORSE" : "ok"),-6} get-50/{protocol}/connector/cpu: {ratio.Estimate:F3} of the baseline commit's " +
        $"[{ratio.Low:F3} {ratio.High:F3}]");
}
