using System.Diagnostics;

namespace Culvert.PerfGate;

/// <summary>
/// The programs that the gate measures or measures with. Paths are relative to the repository,
/// where the gate runs.
/// </summary>
internal static class Programs
{
    public const string Product = "artifacts/culvert";
    public const string Harness = "artifacts/harness";
    public const string Baseline = "tools/perfgate/baseline.json";
    public const string Trend = "artifacts/perfgate.jsonl";
    private const string Benchmarks = "bench/Culvert.Benchmarks/bin/Release/net10.0/Culvert.Benchmarks.dll";

    /// <summary>Names of environment variables that keep a native .NET program small and its runs alike.</summary>
    public static readonly string[] Steady =
    [
        "DOTNET_gcServer=0", "DOTNET_GCHeapHardLimit=0x20000000", "DOTNET_TieredPGO=0",

        // Long copies with vectors: callgrind would count a repeated string move once for each byte, and see little else.
        "GLIBC_TUNABLES=glibc.cpu.x86_rep_movsb_threshold=0x40000000",
    ];

    /// <summary>The same, and the regression that the harness is to put in, if any.</summary>
    public static string[] SteadyWith(string? injection) =>
        injection is null ? Steady : [.. Steady, $"CULVERT_HARNESS_INJECT={injection}"];

    /// <summary>Runs a program to its end.</summary>
    /// <returns>What it printed.</returns>
    /// <exception cref="GateException">It is missing, or it failed.</exception>
    public static string Run(params string[] command)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? output : throw new GateException(
                $"'{string.Join(' ', command)}' ended with {process.ExitCode}:\n{output}{errors.GetAwaiter().GetResult()}");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new GateException($"cannot run {command[0]}: {e.Message}; use tools/perfgate.sh, which builds it");
        }
    }

    /// <summary>Runs the load driver.</summary>
    /// <returns>Its results.</returns>
    /// <exception cref="GateException">It failed.</exception>
    public static IReadOnlyList<LoadLine> Load(params string[] arguments)
    {
        var file = Path.GetTempFileName();
        try
        {
            Run(["dotnet", Benchmarks, "load", "--culvert", Product, "--json", file, .. arguments]);
            return [.. File.ReadLines(file).Select(LoadLine.Parse)];
        }
        finally
        {
            File.Delete(file);
        }
    }
}
