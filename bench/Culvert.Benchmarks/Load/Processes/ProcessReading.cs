using System.Globalization;
using System.Runtime.InteropServices;

namespace Culvert.Benchmarks.Load.Processes;

/// <summary>What a process has used since it started.</summary>
/// <param name="CpuSeconds">User and system time of all its threads, those that have ended included.</param>
/// <param name="ResidentBytes">Memory in use now.</param>
/// <param name="PeakBytes">Most memory it ever used at a time.</param>
/// <param name="Counters">What it reports of itself (docs/benchmark.md); empty when it does not.</param>
internal sealed partial record ProcessReading(
    double CpuSeconds, long ResidentBytes, long PeakBytes, IReadOnlyDictionary<string, long> Counters)
{
    /// <exception cref="BenchmarkException">The process has ended.</exception>
    public static ProcessReading Of(ChildProcess process)
    {
        var counters = new Dictionary<string, long>();
        if (process.HasPrinted("counters ready"))
        {
            var lines = process.LineCount;
            _ = Signals.Send(process.Id, Signals.User1);
            foreach (var pair in process.WaitFor("counters (.*=.*)", lines).Split(' '))
            {
                var (name, value) = (pair[..pair.IndexOf('=', StringComparison.Ordinal)],
                    pair[(pair.IndexOf('=', StringComparison.Ordinal) + 1)..]);
                counters[name] = long.Parse(value, CultureInfo.InvariantCulture);
            }
        }

        var status = File.ReadAllLines($"/proc/{process.Id}/status");
        return new ProcessReading(Cpu(process.Id), Kibibytes(status, "VmRSS:"), Kibibytes(status, "VmHWM:"), counters);
    }

    private static long Kibibytes(string[] status, string name) => 1024 * long.Parse(
        status.First(line => line.StartsWith(name, StringComparison.Ordinal))
            [name.Length..].Replace("kB", "", StringComparison.Ordinal),
        NumberStyles.Integer, CultureInfo.InvariantCulture);

    // The clock of another process has nanoseconds, where /proc/PID/stat has hundredths of a second.
    private static unsafe double Cpu(int process)
    {
        int clock;
        var time = stackalloc long[2];
        if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, time) != 0)
        {
            throw new BenchmarkException($"process {process} has ended");
        }

        return time[0] + (time[1] / 1e9);
    }

    [LibraryImport("libc")]
    private static unsafe partial int clock_getcpuclockid(int process, int* clock);

    [LibraryImport("libc")]
    private static unsafe partial int clock_gettime(int clock, long* time);
}
