using BenchmarkDotNet.Attributes;
using Culvert.Harness.Operations;

namespace Culvert.Benchmarks.Micro;

/// <summary>Time and garbage of each operation of the harness; the gate counts the instructions of the same ones.</summary>
[MemoryDiagnoser]
public class OperationBenchmark
{
    private Operation _operation = null!;

    /// <summary>Name of the operation.</summary>
    [ParamsSource(nameof(Names))]
    public string Name { get; set; } = "";

    /// <summary>The operations that the command line asked for.</summary>
    public static IEnumerable<string> Names => Operation.All().Select(operation => operation.Name).Where(MicroCommand.IsAsked);

    /// <summary>Makes the operation ready.</summary>
    [GlobalSetup]
    public void Setup() => _operation = Operation.All().Single(operation => operation.Name == Name);

    /// <summary>Does it once.</summary>
    [Benchmark]
    public void Run() => _operation.Run();
}
