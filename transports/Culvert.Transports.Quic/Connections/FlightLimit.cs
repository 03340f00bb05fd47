using Culvert.Transports.Quic.Loop;
using Culvert.Transports.Quic.Native;

namespace Culvert.Transports.Quic.Connections;

/// <summary>
/// Bytes that may be under way at once, beside congestion control. On a path that loses nothing the congestion window, and
/// pacing with it, grow without bound, and a burst then meets a receiver that is not running for a moment and has only its
/// kernel's buffer. So no more is under way than such a buffer and a path of 8 Gbit/s hold: the rest waits here instead of
/// being lost there. The peer's buffer is taken to be as large as ours, which asks for as much as the kernel allows.
/// </summary>
internal static class FlightLimit
{
    /// <summary>Bytes that may leave now.</summary>
    /// <param name="info">The connection's estimates.</param>
    /// <param name="receiveBuffer">The kernel's size of our own receive buffer.</param>
    public static long Room(in ngtcp2_conn_info info, long receiveBuffer)
    {
        // The kernel counts its own overhead in the buffer too: three fifths of it are packets, 125 KiB of the default 208.
        var buffer = receiveBuffer * 3 / 5;
        // A byte for each nanosecond of the shortest round trip.
        var path = (long)Math.Min(info.min_rtt, 10 * LoopClock.Second);
        return buffer + path - (long)info.bytes_in_flight;
    }
}
