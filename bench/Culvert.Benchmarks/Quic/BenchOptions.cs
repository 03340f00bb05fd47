using Culvert.Transports.Quic;

namespace Culvert.Benchmarks.Quic;

internal static class BenchOptions
{
    public static QuicTransportOptions Transport => new()
    {
        SocketBuffer = Environment.GetEnvironmentVariable("BENCH_SOCKET_BUFFER") == "0" ? 0 : 4 * 1024 * 1024,
        InlineContinuations = Environment.GetEnvironmentVariable("BENCH_INLINE") == "1",
        DatagramSendBuffer = 4 * 1024 * 1024,
        DatagramReceiveBuffer = 4 * 1024 * 1024,
        StreamSendLimit = int.TryParse(Environment.GetEnvironmentVariable("BENCH_SENDLIMIT"),
            out var limit) ? limit : 1024 * 1024,
    };
}
