using System.Diagnostics;

namespace Culvert.Transports.Quic.Loop;

/// <summary>
/// The monotonic clock of the loops, in nanoseconds. ngtcp2 aborts the process when time goes backwards on a connection, so
/// every timestamp it sees comes from here and from nowhere else.
/// </summary>
internal static class LoopClock
{
    public const ulong Never = ulong.MaxValue;
    public const ulong Second = 1_000_000_000;
    public const ulong Millisecond = 1_000_000;

    private static readonly ulong NanosecondsPerTick = Math.Max(1, (ulong)(1_000_000_000 / Stopwatch.Frequency));

    public static ulong Now => (ulong)Stopwatch.GetTimestamp() * NanosecondsPerTick;

    public static ulong From(TimeSpan span) => span <= TimeSpan.Zero ? 0 : (ulong)span.Ticks * 100;
}
