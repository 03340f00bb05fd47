using Culvert.Transports.Quic.Loop;
using Culvert.Transports.Quic.Native;

namespace Culvert.Transports.Quic.Connections;

internal sealed unsafe partial class ConnectionCore
{
    private readonly Lock _statisticsGate = new();
    private ngtcp2_conn_info _info;
    private ulong _infoAt;
    private int _pathMtu;
    private int _peerMaxUdpPayload;

    /// <summary>Any thread. The counters may be a few packets apart from each other.</summary>
    public QuicStatistics Statistics
    {
        get
        {
            ngtcp2_conn_info info;
            lock (_statisticsGate)
                info = _info;
            return new QuicStatistics
            {
                PacketsSent = Volatile.Read(ref _packetsSent),
                BytesSent = Volatile.Read(ref _bytesSent),
                PacketsReceived = Volatile.Read(ref _packetsReceived),
                BytesReceived = Volatile.Read(ref _bytesReceived),
                DatagramsSent = Volatile.Read(ref _datagramsSent),
                DatagramsReceived = Volatile.Read(ref _datagramsReceived),
                DatagramsDroppedSending = _datagramsOut.Dropped + Volatile.Read(ref _senders).Sum(sender => sender.Ring.Dropped)
                    + Volatile.Read(ref _datagramsTooLarge),
                DatagramsDroppedReceiving = Inbox.Dropped,
                OpenStreams = Volatile.Read(ref _streamCount),
                SmoothedRtt = TimeSpan.FromTicks((long)info.smoothed_rtt / 100),
                MinRtt = info.min_rtt == LoopClock.Never ? TimeSpan.Zero : TimeSpan.FromTicks((long)info.min_rtt / 100),
                LatestRtt = TimeSpan.FromTicks((long)info.latest_rtt / 100),
                CongestionWindow = (long)info.cwnd,
                SlowStartThreshold = (long)Math.Min(info.ssthresh, long.MaxValue),
                PeerMaxUdpPayload = Volatile.Read(ref _peerMaxUdpPayload),
                BytesInFlight = (long)info.bytes_in_flight,
                PathMtu = Volatile.Read(ref _pathMtu),
            };
        }
    }

    // The estimates can only be asked for on the loop; a keep-alive interval bounds how old the copy gets.
    private void RefreshStatistics()
    {
        if (Loop.Now - _infoAt < 100 * LoopClock.Millisecond)
            return;
        _infoAt = Loop.Now;
        ngtcp2_conn_info info;
        Ngtcp2.ngtcp2_conn_get_conn_info_versioned(Handle, Ngtcp2.ConnInfoVersion, &info);
        lock (_statisticsGate)
            _info = info;
        if (_peerMaxUdpPayload == 0 && Ngtcp2.ngtcp2_conn_get_remote_transport_params(Handle) is var parameters
            && parameters is not null)
            Volatile.Write(ref _peerMaxUdpPayload, (int)Math.Min(parameters->max_udp_payload_size, int.MaxValue));
        Volatile.Write(ref _pathMtu, (int)Ngtcp2.ngtcp2_conn_get_path_max_tx_udp_payload_size(Handle));
    }
}
