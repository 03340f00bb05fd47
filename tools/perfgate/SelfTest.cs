using System.Globalization;
using Culvert.PerfGate.Baselines;
using Culvert.PerfGate.Callgrind;
using Culvert.PerfGate.Rings;

namespace Culvert.PerfGate;

/// <summary>
/// Puts known regressions in and makes sure that the gate catches each, with the tolerances of the baseline. What is compared with
/// is the harness without the regression, measured just before; that has to pass.
/// </summary>
internal static class SelfTest
{
    private const string Relayed = Programs.Harness
        + " connector tunnel --no-autoupdate --edge {edge} --cacert {cacert} --protocol {protocol} --url {origin} run --token {token}";

    private const double MoreCpu = 0.08;

    public static int Run(string[] only)
    {
        var tolerances = Baseline.Parse(File.ReadAllText(Programs.Baseline));
        (string Name, Func<bool, bool> Catches)[] tests =
        [
            ("allocation", injected => Allocation(tolerances, injected)),
            ("segmentation", injected => Segmentation(tolerances, injected)),
            ("copy", injected => Copy(tolerances, injected)),
            ("instructions", injected => Instructions(tolerances, injected)),
            ("cpu", Cpu),
        ];
        var failed = 0;
        foreach (var (name, catches) in tests.Where(test => only.Length == 0 || only.Contains(test.Name)))
        {
            failed += Expect($"{name}: passes without the regression", !catches(false));
            failed += Expect($"{name}: caught", catches(true));
        }

        return failed == 0 ? 0 : 1;
    }

    private static int Expect(string what, bool holds)
    {
        Console.WriteLine($"{(holds ? "ok" : "FAILED"),-6} {what}");
        return holds ? 0 : 1;
    }

    private static string With(string variable) => $"env {variable} {Relayed}";

    private static bool Allocation(Baseline tolerances, bool injected) => IsWorse(
        tolerances,
        ExactRing.OfRequests("quic", Relayed),
        ExactRing.OfRequests("quic", injected ? With("CULVERT_HARNESS_INJECT=allocation") : Relayed),
        "get-50/quic/connector/bytes-allocated");

    private static bool Segmentation(Baseline tolerances, bool injected) => IsWorse(
        tolerances,
        ExactRing.OfBodies(Relayed),
        ExactRing.OfBodies(injected ? With("QUIC_GO_DISABLE_GSO=1") : Relayed),
        "down/quic/connector/datagrams-per-send");

    private static bool Copy(Baseline tolerances, bool injected) => IsWorse(
        tolerances, CopyCount.Measure(), CopyCount.Measure(injected ? "copy" : null), "down/quic/connector/copies-per-byte");

    private static bool Instructions(Baseline tolerances, bool injected) => IsWorse(
        tolerances, InstructionRing.Measure(), InstructionRing.Measure(injected ? "work" : null), "connect-request/read/instructions");

    private static bool Cpu(bool injected)
    {
        var lines = Programs.Load(
            "get-50", "--protocol", "quic", "--requests", "8000", "--rounds", "3", "--no-syscalls", "--connector", Relayed);
        var microseconds = lines[0].ConnectorCpu.Min() * 1e6 * MoreCpu;
        var slower = With(string.Create(CultureInfo.InvariantCulture, $"CULVERT_HARNESS_INJECT=cpu:{microseconds:F2}"));
        var ratio = PairedRing.Compare("quic", injected ? slower : Relayed, Relayed);
        Console.WriteLine(PairedRing.Line("quic", ratio));
        return PairedRing.Fails(ratio);
    }

    // The figure's own tolerance, around what was measured without the regression.
    private static bool IsWorse(Baseline tolerances, IReadOnlyList<Measurement> before, IReadOnlyList<Measurement> after, string name)
    {
        var figure = tolerances.Figures.FirstOrDefault(figure => figure.Name == name)
            ?? throw new GateException($"the baseline has no figure {name}");
        var (was, now) = (before.Single(m => m.Name == name).Value, after.Single(m => m.Name == name).Value);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"       {name}: {was:0.###} -> {now:0.###}"));
        return (figure with { Value = was }).Judge(now) == Verdict.Worse;
    }
}
