using System.Diagnostics;
using Culvert.Benchmarks.Load.Processes;

namespace Culvert.Benchmarks.Load.Scenarios;

/// <summary>What a process does not give back to its pools after a load.</summary>
internal static class KeptRentals
{
    private const string Rented = "rented";

    // The last streams end a little after their visitors have the answers.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Waits until as much is back as was before, or for five seconds.</summary>
    /// <returns>What is out and was not before, at least 0; null when the process does not say.</returns>
    public static long? Of(ChildProcess process, ProcessReading before)
    {
        if (!before.Counters.TryGetValue(Rented, out var was))
        {
            return null;
        }

        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var kept = ProcessReading.Of(process).Counters[Rented] - was;
            if (kept <= 0 || Stopwatch.GetElapsedTime(started) > Patience)
            {
                return Math.Max(0, kept);
            }

            Thread.Sleep(50);
        }
    }
}
