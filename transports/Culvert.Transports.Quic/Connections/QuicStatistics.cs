namespace Culvert.Transports.Quic;

/// <summary>Counters and path estimates of a connection.</summary>
public readonly record struct QuicStatistics
{
    /// <summary>Packets handed to the kernel.</summary>
    public long PacketsSent { get; init; }

    /// <summary>Bytes of UDP payload handed to the kernel.</summary>
    public long BytesSent { get; init; }

    /// <summary>Packets received.</summary>
    public long PacketsReceived { get; init; }

    /// <summary>Bytes of UDP payload received.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Datagrams put into packets.</summary>
    public long DatagramsSent { get; init; }

    /// <summary>Datagrams received, dropped ones included.</summary>
    public long DatagramsReceived { get; init; }

    /// <summary>Datagrams dropped because the send queue was full or they no longer fitted the path.</summary>
    public long DatagramsDroppedSending { get; init; }

    /// <summary>Datagrams dropped because the receive queue was full.</summary>
    public long DatagramsDroppedReceiving { get; init; }

    /// <summary>Streams open now, in both directions.</summary>
    public int OpenStreams { get; init; }

    /// <summary>Smoothed round-trip time.</summary>
    public TimeSpan SmoothedRtt { get; init; }

    /// <summary>Least round-trip time seen.</summary>
    public TimeSpan MinRtt { get; init; }

    /// <summary>The last round-trip time measured.</summary>
    public TimeSpan LatestRtt { get; init; }

    /// <summary>Congestion window in bytes.</summary>
    public long CongestionWindow { get; init; }

    /// <summary>Window in bytes below which it doubles with each round trip; <see cref="long.MaxValue"/> before a loss.</summary>
    public long SlowStartThreshold { get; init; }

    /// <summary>
    /// Largest UDP payload in bytes that the peer takes, as its transport parameters say; 0 before they are known.
    /// </summary>
    public int PeerMaxUdpPayload { get; init; }

    /// <summary>Bytes sent and neither acknowledged nor lost yet.</summary>
    public long BytesInFlight { get; init; }

    /// <summary>Largest UDP payload the path is known to carry.</summary>
    public int PathMtu { get; init; }
}
