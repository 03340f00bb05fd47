using System.Globalization;
using System.Text.Json.Nodes;
using Culvert.PerfGate.Baselines;
using Culvert.PerfGate.Rings;

namespace Culvert.PerfGate;

/// <summary>Measures a build and compares it.</summary>
internal static class GateCommands
{
    /// <summary>Runs rings 1, 2 and 3, or those named, and adds what they saw to the trend (ring 4).</summary>
    public static int Check(string[] rings)
    {
        var baseline = Baseline.Parse(File.ReadAllText(Programs.Baseline));
        var measured = Measure(rings);
        var comparison = new Comparison(baseline, measured);
        foreach (var line in comparison.Lines)
        {
            Console.WriteLine(line);
        }

        PrintUnmeasured(baseline, measured, rings);
        var failed = comparison.Worse.Count;
        if (IsAsked(rings, "3"))
        {
            failed += ComparePairs(baseline, measured);
        }

        Remember(measured);
        Console.WriteLine(failed == 0 ? "perfgate: passed"
            : $"perfgate: {failed} figures are worse than {Programs.Baseline} allows");
        return failed == 0 ? 0 : 1;
    }

    /// <summary>Measures rings 1 and 2 and writes what has changed into the baseline.</summary>
    /// <param name="reason">Why it has changed.</param>
    /// <param name="movesCommit">Whether ring 3 compares with this commit from now on.</param>
    /// <exception cref="GateException">There is no reason, or the commit would not be what is measured.</exception>
    public static int Record(string reason, bool movesCommit)
    {
        if (string.IsNullOrWhiteSpace(reason) || reason.StartsWith('-'))
        {
            throw new GateException("a changed baseline needs a reason: record REASON [--commit]");
        }

        string[] status = ["git", "status", "--porcelain", "--untracked-files=no", "--", ".", $":!{Programs.Baseline}"];
        if (movesCommit && Programs.Run(status) is { Length: > 0 } changed)
        {
            throw new GateException($"--commit: commit these changes first, or HEAD is not what is measured:\n{changed}");
        }

        var before = File.Exists(Programs.Baseline)
            ? Baseline.Parse(File.ReadAllText(Programs.Baseline)) : new Baseline { Figures = [] };
        var measured = Measure([]);
        var after = before.With(measured, reason);
        if (movesCommit)
        {
            after = after with { Commit = Programs.Run("git", "rev-parse", "HEAD").Trim(), CommitReason = reason };
        }

        File.WriteAllText(Programs.Baseline, after.ToJson());
        foreach (var line in new Comparison(before, measured).Lines)
        {
            Console.WriteLine(line);
        }

        PrintUnmeasured(before, measured, []);
        return 0;
    }

    private static List<Measurement> Measure(string[] rings)
    {
        foreach (var line in Processor.IsBaselines ? [] : Processor.Skipped(ring => IsAsked(rings, ring)))
        {
            Console.WriteLine(line);
        }

        var measured = new List<Measurement>();
        if (IsAsked(rings, "1"))
        {
            measured.AddRange(ExactRing.Measure());
        }

        if (IsAsked(rings, "2") && Processor.IsBaselines)
        {
            measured.AddRange(InstructionRing.Measure());
        }

        return measured;
    }

    // A figure that nothing measures any more would watch over nothing.
    private static void PrintUnmeasured(Baseline baseline, List<Measurement> measured, string[] rings)
    {
        var unmeasured = baseline.Figures.Select(figure => figure.Name).Except(measured.Select(measurement => measurement.Name));
        foreach (var name in Processor.IsBaselines ? unmeasured : [])
        {
            if (IsAsked(rings, name.EndsWith(InstructionRing.Suffix, StringComparison.Ordinal) ? "2" : "1"))
            {
                Console.WriteLine($"skipped {name}: in the baseline, and not measured here");
            }
        }
    }

    private static int ComparePairs(Baseline baseline, List<Measurement> measured)
    {
        if (BaselineBuild.Get(baseline.Commit, out var missing) is not { } program)
        {
            Console.WriteLine($"skipped ring 3: {missing}");
            return 0;
        }

        var failed = 0;
        foreach (var protocol in new[] { "quic", "http2" })
        {
            var ratio = PairedRing.Compare(protocol, Programs.Product, program);
            Console.WriteLine(PairedRing.Line(protocol, ratio));
            measured.Add(new Measurement($"get-50/{protocol}/connector/cpu-ratio", ratio.Estimate));
            failed += PairedRing.Fails(ratio) ? 1 : 0;
        }

        return failed;
    }

    private static void Remember(IReadOnlyList<Measurement> measured)
    {
        var figures = new JsonObject(measured.Select(m => KeyValuePair.Create(m.Name, (JsonNode?)m.Value)));
        var line = new JsonObject
        {
            ["time"] = DateTimeOffset.UtcNow.ToString("O", CultureInfo.InvariantCulture),
            ["commit"] = Programs.Run("git", "rev-parse", "HEAD").Trim(),
            ["figures"] = figures,
        };
        File.AppendAllText(Programs.Trend, line.ToJsonString() + "\n");
    }

    private static bool IsAsked(string[] rings, string ring) => rings.Length == 0 || rings.Contains(ring);
}
