using System.Globalization;
using Culvert.PerfGate.Baselines;
using Culvert.PerfGate.Callgrind;
using Culvert.PerfGate.Rings;
using Culvert.PerfGate.Statistics;

namespace Culvert.PerfGate;

/// <summary>
/// Puts known regressions in and makes sure that the gate catches each, with the tolerances of the baseline. What is
/// compared with is the harness without the regression, measured just before; that has to pass.
/// </summary>
internal static class SelfTest
{
    private const string Relayed = Programs.Harness
        + " connector tunnel --no-autoupdate --edge {edge} --cacert {cacert} --protocol {protocol} "
        + "--url {origin} run --token {token}";

    private const double MoreCpu = 0.08;

    public static int Run(string[] only)
    {
        var tolerances = Baseline.Parse(File.ReadAllText(Programs.Baseline));
        (string Name, string Figure, Func<bool, IReadOnlyList<Measurement>> Measure)[] counted =
        [
            ("allocation", "get-50/quic/connector/bytes-allocated",
                injected => ExactRing.OfRequests("quic", injected ? With("CULVERT_HARNESS_INJECT=allocation") : Relayed)),
            ("segmentation", "down/quic/connector/datagrams-per-message",
                injected => ExactRing.OfBodies(injected ? With("QUIC_GO_DISABLE_GSO=1") : Relayed)),
            ("copy", "down/quic/connector/copies-per-byte", injected => CopyCount.Measure(injected ? "copy" : null)),
            ("instructions", "connect-request/read/instructions", injected => InstructionRing.Measure(injected ? "work" : null)),
        ];
        bool IsAsked(string name) => only.Length == 0 || only.Contains(name);
        var failed = counted.Where(test => IsAsked(test.Name))
            .Sum(test => Count(test.Name, test.Figure, test.Measure, tolerances));
        failed += IsAsked("cpu") ? Cpu() : 0;
        return failed == 0 ? 0 : 1;
    }

    // The figure's own tolerance, around what was measured without the regression.
    private static int Count(string name, string figure, Func<bool, IReadOnlyList<Measurement>> measure, Baseline tolerances)
    {
        var tolerance = tolerances.Figures.FirstOrDefault(known => known.Name == figure)
            ?? throw new GateException($"the baseline has no figure {figure}");
        double Value(bool injected) => measure(injected).Single(measured => measured.Name == figure).Value;
        var (was, clean, injected) = (Value(false), Value(false), Value(true));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"       {figure}: {was:0.###}, again {clean:0.###}, " +
                $"with the regression {injected:0.###}"));
        var around = tolerance with { Value = was };
        return Expect($"{name}: passes without the regression", around.Judge(clean) != Verdict.Worse)
            + Expect($"{name}: caught", around.Judge(injected) == Verdict.Worse);
    }

    private static int Expect(string what, bool holds)
    {
        Console.WriteLine($"{(holds ? "ok" : "FAILED"),-6} {what}");
        return holds ? 0 : 1;
    }

    private static string With(string variable) => $"env {variable} {Relayed}";

    private static int Cpu()
    {
        var lines = Programs.Load(
            "get-50", "--protocol", "quic", "--requests", "8000", "--rounds", "5", "--no-syscalls", "--connector", Relayed);
        var microseconds = Quantile.Median(lines[0].ConnectorCpu) * 1e6 * MoreCpu;
        var slower = With(string.Create(CultureInfo.InvariantCulture, $"CULVERT_HARNESS_INJECT=cpu:{microseconds:F2}"));
        var (clean, injected) = (PairedRing.Compare("quic", Relayed, Relayed), PairedRing.Compare("quic", slower, Relayed));
        Console.WriteLine("       " + PairedRing.Line("quic", clean));
        Console.WriteLine("       " + PairedRing.Line("quic", injected));
        return Expect("cpu: passes without the regression", !PairedRing.Fails(clean))
            + Expect("cpu: caught", PairedRing.Fails(injected));
    }
}
