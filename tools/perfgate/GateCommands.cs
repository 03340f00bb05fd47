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

        var failed = comparison.Worse.Count;
        if (IsAsked(rings, "3"))
        {
            failed += ComparePairs(baseline, measured);
        }

        Remember(measured);
        Console.WriteLine(failed == 0 ? "perfgate: passed" : $"perfgate: {failed} figures are worse than {Programs.Baseline} allows");
        return failed == 0 ? 0 : 1;
    }

    /// <summary>Measures rings 1 and 2 and writes what has changed into the baseline.</summary>
    public static int Record(string reason)
    {
        if (string.IsNullOrWhiteSpace(reason))
        {
            throw new GateException("a changed baseline needs a reason");
        }

        var before = File.Exists(Programs.Baseline)
            ? Baseline.Parse(File.ReadAllText(Programs.Baseline)) : new Baseline { Figures = [] };
        File.WriteAllText(Programs.Baseline, before.With(Measure([]), reason).ToJson());
        return 0;
    }

    private static List<Measurement> Measure(string[] rings)
    {
        var measured = new List<Measurement>();
        if (IsAsked(rings, "1"))
        {
            measured.AddRange(ExactRing.Measure());
        }

        if (IsAsked(rings, "2"))
        {
            measured.AddRange(InstructionRing.Measure());
        }

        return measured;
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
