using System.Diagnostics;
using System.Globalization;

namespace Culvert.Benchmarks.Quic;

/// <summary>What a process has used between two looks: CPU time, allocations, memory, calls into the kernel.</summary>
internal sealed record Reading(double CpuSeconds, double WallSeconds, long Allocated, long ResidentBytes, long SendCalls,
    long PacketsSent,
    long ReceiveCalls, long PacketsReceived, long Wakes)
{
    public static Reading Now(Func<(long SendCalls, long PacketsSent, long ReceiveCalls, long PacketsReceived,
        long Wakes)>? calls = null)
    {
        using var process = Process.GetCurrentProcess();
        var (send, packets, receive, received, wakes) = calls?.Invoke() ?? default;
        return new Reading(process.TotalProcessorTime.TotalSeconds, Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency,
            GC.GetTotalAllocatedBytes(precise: true), process.WorkingSet64, send, packets, receive, received, wakes);
    }

    public static Reading operator -(Reading later, Reading earlier) => new(later.CpuSeconds - earlier.CpuSeconds,
        later.WallSeconds - earlier.WallSeconds, later.Allocated - earlier.Allocated, later.ResidentBytes - earlier.ResidentBytes,
        later.SendCalls - earlier.SendCalls, later.PacketsSent - earlier.PacketsSent, later.ReceiveCalls - earlier.ReceiveCalls,
        later.PacketsReceived - earlier.PacketsReceived, later.Wakes - earlier.Wakes);

    public string Encode() => string.Create(CultureInfo.InvariantCulture,
        $"{CpuSeconds} {WallSeconds} {Allocated} {ResidentBytes} {SendCalls} {PacketsSent} {ReceiveCalls} "
        + $"{PacketsReceived} {Wakes}");

    public static Reading Decode(string line)
    {
        var parts = line.Split(' ').Select(part => double.Parse(part, CultureInfo.InvariantCulture)).ToArray();
        return new Reading(parts[0], parts[1], (long)parts[2], (long)parts[3], (long)parts[4], (long)parts[5], (long)parts[6],
            (long)parts[7], (long)parts[8]);
    }
}
