using System.Globalization;
using System.Runtime.CompilerServices;

namespace Culvert.Harness.Operations;

/// <summary>The commands over single operations.</summary>
internal static class OperationCommands
{
    private const string Every = "all";
    private const int WarmUp = 200;
    private const int Counted = 10_000;

    public static int List(TextWriter output)
    {
        foreach (var operation in Operation.All())
        {
            output.WriteLine(operation.Name);
        }

        return 0;
    }

    /// <summary>A line "name bytes" for each operation.</summary>
    public static int Allocations(TextWriter output)
    {
        foreach (var operation in Operation.All())
        {
            Repeat(operation, WarmUp);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Repeat(operation, Counted);
            var bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Counted;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{operation.Name} {bytes}"));
        }

        return 0;
    }

    /// <summary>Runs one operation, or every one in the order of the list.</summary>
    public static int Run(string name, string count, TextWriter errors)
    {
        var found = Operation.All().Where(operation => name == Every || operation.Name == name).ToList();
        if (found.Count == 0 || !int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var times))
        {
            errors.WriteLine($"harness: no operation {name}, or {count} is not a number");
            return 2;
        }

        foreach (var operation in found)
        {
            Repeat(operation, WarmUp);
            CountedRepeat(operation, Injection.Works ? times + (times * 3 / 100) : times);
        }

        return 0;
    }

    /// <summary>What the instruction counter looks for: nothing outside of it is counted.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CountedRepeat(Operation operation, int times) => Repeat(operation, times);

    private static void Repeat(Operation operation, int times)
    {
        for (var i = 0; i < times; i++)
        {
            operation.Run();
        }
    }
}
