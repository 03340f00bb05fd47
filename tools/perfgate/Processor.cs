using System.Runtime.InteropServices;

namespace Culvert.PerfGate;

/// <summary>
/// The processor that the baseline was recorded on: instructions and the size of the binary
/// are other figures on another.
/// </summary>
internal static class Processor
{
    /// <summary>Whether this is x86-64.</summary>
    public static bool IsBaselines => RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>What cannot be compared elsewhere, one line for each ring.</summary>
    public static IEnumerable<string> Skipped(Func<string, bool> isAsked)
    {
        if (isAsked("1"))
        {
            yield return "skipped ring 1's copies and binary size: the baseline is of x86-64";
        }

        if (isAsked("2"))
        {
            yield return "skipped ring 2: the baseline's instruction counts are of x86-64";
        }
    }
}
