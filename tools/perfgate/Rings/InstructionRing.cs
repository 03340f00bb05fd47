using System.Globalization;
using Culvert.PerfGate.Baselines;
using Culvert.PerfGate.Callgrind;

namespace Culvert.PerfGate.Rings;

/// <summary>
/// Ring 2: instructions of each operation of the harness, counted by callgrind: the same on a busy machine as on an idle one.
/// </summary>
internal static class InstructionRing
{
    /// <summary>How the names of this ring's figures end.</summary>
    public const string Suffix = "/instructions";

    private const int Times = 2000;

    // As the native compiler spells it: callgrind takes no pattern for what it dumps after.
    private const string Counted = "Culvert_Harness_Culvert_Harness_Operations_OperationCommands__CountedRepeat";

    /// <summary>Counts every operation, in one run: callgrind writes a file whenever the counted method ends.</summary>
    /// <param name="injection">A regression to put in, or null.</param>
    public static IReadOnlyList<Measurement> Measure(string? injection = null)
    {
        var folder = Directory.CreateTempSubdirectory("perfgate").FullName;
        try
        {
            var names = Programs.Run(Programs.Harness, "list").Split('\n', StringSplitOptions.RemoveEmptyEntries);
            var environment = Programs.SteadyWith(injection);
            Programs.Run([
                "env", .. environment, "setarch", "-R", "valgrind", "--tool=callgrind", $"--toggle-collect={Counted}",
                    $"--dump-after={Counted}",
                $"--callgrind-out-file={folder}/out", Programs.Harness, "run", "all",
                    Times.ToString(CultureInfo.InvariantCulture)]);
            return [.. names.Select((name, index) => Read(name, $"{folder}/out.{index + 1}"))];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Measurement Read(string name, string file) =>
        File.Exists(file) && CallgrindFile.Total(File.ReadLines(file)) is > 0 and var total
        ? new Measurement($"{name}{Suffix}", total / (double)Times)
        : throw new GateException($"callgrind has counted nothing of {name}: are the harness's symbols there?");
}
