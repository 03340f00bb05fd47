using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Culvert.Harness.Operations;
using Perfolizer.Horology;

namespace Culvert.Benchmarks.Micro;

/// <summary><c>micro</c>: BenchmarkDotNet over single operations and stages.</summary>
internal static class MicroCommand
{
    private static string _filter = "";

    /// <summary>Runs those whose name holds the filter: an operation's name, or else a benchmark's class and method.</summary>
    public static int Run(string filter)
    {
        var isOperation = Operation.All().Any(operation => operation.Name.Contains(filter, StringComparison.OrdinalIgnoreCase));
        _filter = isOperation ? filter : "";
        var pattern = filter.Length == 0 ? "*" : isOperation ? $"*{nameof(OperationBenchmark)}*" : $"*{filter}*";
        var config = ManualConfig.Create(DefaultConfig.Instance).AddJob(Job.Default
            .WithToolchain(InProcessEmitToolchain.Instance).WithIterationTime(TimeInterval.Millisecond * 200)
                .WithMaxIterationCount(20));
        var summaries = BenchmarkSwitcher.FromAssembly(typeof(MicroCommand).Assembly).Run(["--filter", pattern], config);
        return summaries.Any(summary => summary.Reports.Any(report => report.Success)) ? 0 : 1;
    }

    public static bool IsAsked(string operation) => operation.Contains(_filter, StringComparison.OrdinalIgnoreCase);
}
