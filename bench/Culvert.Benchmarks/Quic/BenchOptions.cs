using Culvert.Transports.Quic;

namespace Culvert.Benchmarks.Quic;

internal static class BenchOptions
{
    public static QuicTransportOptions Transport { get; } = new()
    {
        InlineContinuations = Environment.GetEnvironmentVariable("BENCH_INLINE") == "1",
        StreamSendLimit = int.TryParse(Environment.GetEnvironmentVariable("BENCH_SENDLIMIT"), out var limit) ? limit : 1024 * 1024,
    };
}
