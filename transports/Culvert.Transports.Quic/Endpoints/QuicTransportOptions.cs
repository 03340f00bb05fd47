namespace Culvert.Transports.Quic;

/// <summary>
/// Windows, timers, sizes and limits of connections, on either side. The defaults are those of the public connector.
/// Immutable once given to an endpoint.
/// </summary>
public sealed record QuicTransportOptions
{
    /// <summary>
    /// Silence after which a connection is dead; the smaller value of both sides counts (RFC 9000 section 10.1).
    /// </summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Silence after which a PING is sent; zero sends none.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Silence of the peer after which a handshake fails.</summary>
    public TimeSpan HandshakeIdleTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Time a handshake may take in all.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes the peer may send on one stream before we return credit.</summary>
    public int InitialStreamWindow { get; init; } = 512 * 1024;

    /// <summary>
    /// Bytes the peer may send on all streams together during the handshake; afterwards it is <see cref="MaxConnectionWindow"/>.
    /// </summary>
    public int InitialConnectionWindow { get; init; } = 768 * 1024;

    /// <summary>
    /// Ceiling in bytes to which a stream's window grows with the path. Also bounds what one stream can buffer here.
    /// </summary>
    public int MaxStreamWindow { get; init; } = 6 * 1024 * 1024;

    /// <summary>
    /// Bytes the peer may send on all streams together before we return credit. Also bounds what one connection can buffer here.
    /// </summary>
    public int MaxConnectionWindow { get; init; } = 30 * 1024 * 1024;

    /// <summary>
    /// Unacknowledged bytes of one stream past which a flush waits, at first. It doubles, up to
    /// <see cref="MaxStreamSendLimit"/>, each time the network has taken all of them and only acknowledgements are missing, on
    /// paths with a round trip of 2 ms and more.
    /// </summary>
    public int StreamSendLimit { get; init; } = 1024 * 1024;

    /// <summary>Ceiling in bytes to which a stream's send limit grows with the path.</summary>
    public int MaxStreamSendLimit { get; init; } = 8 * 1024 * 1024;

    /// <summary>
    /// Unacknowledged bytes of all streams of a connection past which flushes wait, except of streams that have less than
    /// <see cref="StreamSendReserve"/> of their own: so many streams, and one flush of each, may go beyond.
    /// </summary>
    public int ConnectionSendLimit { get; init; } = 32 * 1024 * 1024;

    /// <summary>Unacknowledged bytes that a stream may have even when the connection's limit is reached.</summary>
    public const int StreamSendReserve = 64 * 1024;

    /// <summary>
    /// Bidirectional streams the peer may have open, 1 to 2^60. One is open until both its pipes are completed here.
    /// </summary>
    public long MaxIncomingStreams { get; init; } = 16 * 1024;

    /// <summary>
    /// Bidirectional streams the peer may have opened that were not accepted yet, 1 to 2^60. Who stops accepting stops the peer
    /// from opening more; each of them can hold what the peer has sent on it.
    /// </summary>
    public long MaxUnacceptedStreams { get; init; } = 1024;

    /// <summary><c>OpenStreamAsync</c> calls that may wait for the peer's permission; more fail at once.</summary>
    public int MaxWaitingOpens { get; init; } = 16 * 1024;

    /// <summary>Largest DATAGRAM frame accepted, in bytes; zero announces no support (RFC 9221 section 3).</summary>
    public int MaxDatagramFrameSize { get; init; } = 16_383;

    /// <summary>Bytes of datagrams waiting to be sent, a power of two; past that, new ones are dropped and counted.</summary>
    public int DatagramSendBuffer { get; init; } = 256 * 1024;

    /// <summary>Bytes of datagrams waiting to be read, a power of two; past that, new ones are dropped and counted.</summary>
    public int DatagramReceiveBuffer { get; init; } = 1024 * 1024;

    /// <summary>
    /// Largest UDP payload sent, in bytes, 1200 to 65507, reached by path MTU discovery (RFC 9000 section 14.3).
    /// </summary>
    public int MaxUdpPayload { get; init; } = 1452;

    /// <summary>UDP payload for the whole connection to an IPv4 peer when path MTU discovery is off.</summary>
    public int InitialUdpPayloadV4 { get; init; } = 1232;

    /// <summary>UDP payload for the whole connection to an IPv6 peer when path MTU discovery is off.</summary>
    public int InitialUdpPayloadV6 { get; init; } = 1252;

    /// <summary>Whether larger packets are probed for. Discovery starts at 1200 bytes.</summary>
    public bool PathMtuDiscovery { get; init; } = true;

    /// <summary>Bytes asked for each kernel socket buffer; zero leaves the system's default. The kernel caps it.</summary>
    public int SocketBuffer { get; init; } = 4 * 1024 * 1024;

    /// <summary>
    /// Whether the kernel may be handed runs of packets (UDP_SEGMENT). Turned off by itself where it is refused.
    /// </summary>
    public bool SegmentationOffload { get; init; } = true;

    /// <summary>Uses the platform's Socket class even where recvmmsg and UDP_SEGMENT exist.</summary>
    public bool PortableSocket { get; init; }

    /// <summary>
    /// Where code goes on that awaited a stream, its opening, a new stream or a datagram: false on the thread pool, true on the
    /// thread of the endpoint's loop, which saves two hand-offs between threads. It runs there once a round, after the received
    /// packets and outside the library's callbacks, and may use streams and connections freely. It must not block and should
    /// not compute for long, since everything on the same socket waits for it. What is cancelled, aborted or completed by
    /// another thread goes on on the thread pool in either case, and so do registrations with tokens.
    /// </summary>
    public bool InlineContinuations { get; init; }

    internal long InitialIncomingStreams => Math.Min(MaxIncomingStreams, MaxUnacceptedStreams);

    /// <summary>Streams for which credit is returned together: each return costs a frame.</summary>
    internal long StreamCountBatch => Math.Max(1, InitialIncomingStreams / 8);

    internal long StreamCreditBatch => InitialStreamWindow / 8;

    internal long ConnectionCreditBatch => InitialConnectionWindow / 8;

    internal void Validate()
    {
        Check(MaxUdpPayload, 1200, 65_507, nameof(MaxUdpPayload));
        Check(InitialUdpPayloadV4, 1200, 65_507, nameof(InitialUdpPayloadV4));
        Check(InitialUdpPayloadV6, 1200, 65_507, nameof(InitialUdpPayloadV6));
        Check(InitialStreamWindow, 1024, int.MaxValue, nameof(InitialStreamWindow));
        Check(InitialConnectionWindow, 1024, int.MaxValue, nameof(InitialConnectionWindow));
        Check(StreamSendLimit, 1024, int.MaxValue, nameof(StreamSendLimit));
        Check(MaxStreamSendLimit, 1024, int.MaxValue, nameof(MaxStreamSendLimit));
        Check(ConnectionSendLimit, 1024, int.MaxValue, nameof(ConnectionSendLimit));
        Check(MaxIncomingStreams, 0, 1L << 60, nameof(MaxIncomingStreams));
        Check(MaxUnacceptedStreams, 1, 1L << 60, nameof(MaxUnacceptedStreams));
        Check(MaxDatagramFrameSize, 0, 65_535, nameof(MaxDatagramFrameSize));
        CheckRing(DatagramSendBuffer, nameof(DatagramSendBuffer));
        CheckRing(DatagramReceiveBuffer, nameof(DatagramReceiveBuffer));
        if (HandshakeTimeout <= TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(nameof(HandshakeTimeout), "A handshake needs a time limit.");
    }

    private static void Check(long value, long least, long most, string name)
    {
        if (value < least || value > most)
            throw new ArgumentOutOfRangeException(name, value, $"Must be between {least} and {most}.");
    }

    private static void CheckRing(int value, string name)
    {
        if (value < 4096 || !int.IsPow2(value))
            throw new ArgumentOutOfRangeException(name, value, "Must be a power of two, 4096 or more.");
    }
}
