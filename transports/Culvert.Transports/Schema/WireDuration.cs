namespace Culvert.Transports.Schema;

/// <summary>Durations as the tunnel protocol has them: nanoseconds in an Int64, where a tick is 100 ns.</summary>
internal static class WireDuration
{
    public static TimeSpan Read(long nanoseconds) => new(nanoseconds / TimeSpan.NanosecondsPerTick);

    /// <summary>Saturates at about 292 years.</summary>
    public static long Write(TimeSpan value) => value.Ticks switch
    {
        > long.MaxValue / TimeSpan.NanosecondsPerTick => long.MaxValue,
        < long.MinValue / TimeSpan.NanosecondsPerTick => long.MinValue,
        var ticks => ticks * TimeSpan.NanosecondsPerTick,
    };
}
