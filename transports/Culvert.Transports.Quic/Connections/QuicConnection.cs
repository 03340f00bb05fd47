using System.Net;
using System.Runtime.CompilerServices;
using Culvert.Transports.Datagrams;
using Culvert.Transports.Quic.Connections;
using Culvert.Transports.Quic.Providers;

namespace Culvert.Transports.Quic;

/// <summary>
/// One QUIC connection, of a client or a server. Thread-safe, except that datagrams have one reader at a time. Closing it
/// fails its streams; disposing it closes it with application code 0.
/// </summary>
public sealed class QuicConnection : IQuicConnection, IDatagramConnection
{
    private readonly ConnectionCore _core;

    internal QuicConnection(ConnectionCore core) => _core = core;

    /// <summary>Our address, as far as it is known: a server on a wildcard address learns it from the first packet.</summary>
    public IPEndPoint LocalEndPoint => _core.LocalEndPoint;

    /// <summary>The peer's address now; a server sees it change when the peer's network address translation does.</summary>
    public IPEndPoint RemoteEndPoint => _core.RemoteEndPoint;

    /// <summary>The application protocol both sides agreed on (RFC 7301).</summary>
    public string ApplicationProtocol => _core.ApplicationProtocol ?? "";

    /// <summary>The key-exchange group of the handshake, by the TLS library's name.</summary>
    public string KeyExchangeGroup => _core.KeyExchangeGroup ?? "";

    /// <summary>Completes, never with an error, when the connection has ended.</summary>
    public Task<QuicCloseReason> Closed => _core.Closed;

    /// <summary>Cancelled when the connection has ended.</summary>
    public CancellationToken ClosedToken => _core.ClosedToken;

    /// <summary>
    /// Largest datagram payload in bytes that fits one packet now; 1200-byte packets until path MTU discovery has found more.
    /// Zero when the peer takes no datagrams.
    /// </summary>
    public int MaxDatagramPayload => _core.MaxDatagramPayload;

    /// <summary>Counters and path estimates; a copy, at most a second old.</summary>
    public QuicStatistics Statistics => _core.Statistics;

    internal ConnectionCore Core => _core;

    /// <summary>Opens a bidirectional stream; waits when the peer's limit is reached (RFC 9000 section 4.6).</summary>
    /// <exception cref="QuicConnectionException">The connection has ended.</exception>
    /// <exception cref="QuicStreamException">Too many calls are waiting already.</exception>
    public ValueTask<QuicStream> OpenStreamAsync(CancellationToken cancellationToken = default) =>
        _core.OpenStreamAsync(cancellationToken);

    /// <summary>
    /// A bidirectional stream that can be used at once: it is opened with the first bytes that are written to it, or later, when
    /// the peer allows one more; until then bytes wait within the stream's send limit. When it cannot be opened, reads fail and
    /// flushes answer <c>IsCompleted</c>. Never waits.
    /// </summary>
    /// <exception cref="QuicConnectionException">The connection has ended.</exception>
    /// <exception cref="QuicStreamException">Too many streams are waiting already.</exception>
    public QuicStream OpenStream() => _core.OpenStream();

    /// <summary>
    /// The next stream that the peer opened. The caller disposes it, or the peer cannot open another in its place.
    /// </summary>
    /// <exception cref="QuicConnectionException">The connection has ended.</exception>
    public ValueTask<QuicStream> AcceptStreamAsync(CancellationToken cancellationToken = default)
    {
        if (!_core.Accepted.TryRead(out var stream))
            return WaitForStreamAsync(cancellationToken);
        _core.OnAccepted();
        return new ValueTask<QuicStream>(stream);
    }

    /// <summary>
    /// Queues a datagram (RFC 9221). It is sent once, in order with the others, when congestion control allows.
    /// </summary>
    /// <param name="payload">0 to <see cref="MaxDatagramPayload"/> bytes, copied before returning.</param>
    /// <returns>False when it is too large, the queue is full (counted), or the connection has ended. Never waits.</returns>
    public bool TrySendDatagram(ReadOnlySpan<byte> payload) => _core.TrySendDatagram(payload);

    /// <summary>Takes the oldest received datagram. One reader at a time.</summary>
    /// <param name="buffer">Where it is copied to; <see cref="QuicTransportOptions.MaxUdpPayload"/> bytes always suffice.</param>
    /// <param name="length">Its bytes.</param>
    /// <returns>False when there is none now.</returns>
    /// <exception cref="ArgumentException">The buffer is too small; the datagram stays.</exception>
    public bool TryReceiveDatagram(Span<byte> buffer, out int length) => _core.Inbox.TryTake(buffer, out length);

    /// <summary>Waits until a datagram is there, for reading all there are with <see cref="TryReceiveDatagram"/>.</summary>
    /// <returns>False when the connection has ended and all were read.</returns>
    public ValueTask<bool> WaitForDatagramAsync(CancellationToken cancellationToken = default) =>
        _core.Inbox.WaitAsync(cancellationToken);

    /// <summary>Waits for one datagram and copies it. One reader at a time.</summary>
    /// <returns>Its bytes, or -1 when the connection has ended and all were read.</returns>
    public ValueTask<int> ReceiveDatagramAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _core.Inbox.ReceiveAsync(buffer, cancellationToken);

    /// <summary>A queue of datagrams for one thread, of <see cref="QuicTransportOptions.DatagramSendBuffer"/> bytes.</summary>
    public IDatagramSender OpenDatagramSender() => _core.OpenSender();

    /// <summary>
    /// Hands datagrams to a receiver, on the thread that serves the connection's socket. The methods that read datagrams find
    /// none from then on.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is a receiver already.</exception>
    public void StartDatagrams(IDatagramReceiver receiver)
    {
        ArgumentNullException.ThrowIfNull(receiver);
        _core.StartReceiver(receiver);
    }

    /// <summary>
    /// Closes with an application code (RFC 9000 section 19.19) and waits until that is done and, on clients, the local port
    /// is free. What streams had not delivered yet is lost. Does nothing when the connection has ended already.
    /// </summary>
    /// <param name="errorCode">Application error code, 0 to 2^62-1.</param>
    /// <param name="reason">Shown to the peer; cut after 256 bytes of UTF-8.</param>
    public async ValueTask CloseAsync(ulong errorCode = 0, string reason = "")
    {
        ArgumentNullException.ThrowIfNull(reason);
        _core.RequestClose(errorCode, reason);
        await _core.Closed.ConfigureAwait(false);
        if (_core.Loop.StopsWhenEmpty)
            await _core.Loop.Stopped.ConfigureAwait(false);
    }

    /// <summary>Closes with application code 0 and empty reason.</summary>
    public ValueTask DisposeAsync() => CloseAsync();

    ValueTask<IQuicStream> IQuicConnection.OpenAsync(CancellationToken cancellationToken) => new(OpenStream());

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<IQuicStream> IQuicConnection.AcceptAsync(CancellationToken cancellationToken) =>
        await AcceptStreamAsync(cancellationToken).ConfigureAwait(false);

    ValueTask IQuicConnection.CloseAsync() => CloseAsync();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<QuicStream> WaitForStreamAsync(CancellationToken cancellationToken)
    {
        try
        {
            var stream = await _core.Accepted.ReadAsync(cancellationToken).ConfigureAwait(false);
            _core.OnAccepted();
            return stream;
        }
        catch (System.Threading.Channels.ChannelClosedException)
        {
            throw _core.Ended();
        }
    }
}
