using Culvert.Transports.Quic.Loop;

namespace Culvert.Transports.Quic;

/// <summary>What all QUIC sockets of this process have done since it started.</summary>
/// <param name="SendCalls">System calls that sent.</param>
/// <param name="MessagesSent">Trips through the kernel's network stack; one call may make many (sendmmsg).</param>
/// <param name="DatagramsSent">UDP datagrams sent; one message may hold many (UDP_SEGMENT).</param>
/// <param name="ReceiveCalls">System calls that received, those that found nothing included.</param>
/// <param name="DatagramsReceived">UDP datagrams received; one call may receive many (recvmmsg, UDP_GRO).</param>
public readonly record struct UdpTraffic(
    long SendCalls, long MessagesSent, long DatagramsSent, long ReceiveCalls, long DatagramsReceived)
{
    /// <summary>Reads the counters. Thread-safe; a count that another thread is raising may be one short.</summary>
    public static UdpTraffic Now() => OpenSockets.Total();

    /// <summary>Adds count by count.</summary>
    public static UdpTraffic operator +(UdpTraffic left, UdpTraffic right) => new(left.SendCalls + right.SendCalls,
        left.MessagesSent + right.MessagesSent, left.DatagramsSent + right.DatagramsSent, left.ReceiveCalls + right.ReceiveCalls,
        left.DatagramsReceived + right.DatagramsReceived);
}
