namespace Culvert.Transports.Datagrams;

/// <summary>
/// A connection as the datagram plane sees it: datagrams arrive in batches on the connection's own thread, and each thread that
/// sends has a queue of its own, so that neither way takes a lock. Thread-safe. Two flows are on the same connection when the
/// object is the same; a reconnect makes another.
/// </summary>
public interface IDatagramConnection
{
    /// <summary>
    /// Largest payload in bytes that fits one packet now; grows with path MTU discovery; 0 when the peer takes none.
    /// </summary>
    int MaxDatagramPayload { get; }

    /// <summary>Cancelled when the connection has ended.</summary>
    CancellationToken ClosedToken { get; }

    /// <summary>Makes a bounded queue towards the peer for one thread. Queues live as long as the connection.</summary>
    IDatagramSender OpenDatagramSender();

    /// <summary>Hands what was received so far, and everything later, to a receiver; once for a connection.</summary>
    /// <exception cref="InvalidOperationException">There is a receiver already.</exception>
    /// <exception cref="NotSupportedException">It has a descriptor, and this connection's thread can watch none.</exception>
    void StartDatagrams(IDatagramReceiver receiver);
}

/// <summary>A queue of datagrams towards the peer. One thread at a time.</summary>
public interface IDatagramSender
{
    /// <summary>
    /// Queues a copy, which is sent once, in order, when congestion control allows; perhaps not before a flush.
    /// </summary>
    /// <returns>False when it is dropped: too large, the queue is full, or the connection has ended. Never waits.</returns>
    bool TrySend(ReadOnlySpan<byte> datagram);

    /// <summary>Has everything queued so far sent.</summary>
    void Flush();
}

/// <summary>
/// Takes a connection's datagrams on the connection's own thread, and so must neither block nor throw. It may have the same
/// thread wait for something else beside the network.
/// </summary>
public interface IDatagramReceiver
{
    /// <summary>A descriptor that the connection's thread watches too; -1 for none. Does not change.</summary>
    int Descriptor => -1;

    /// <summary>One datagram, borrowed for the call.</summary>
    void Receive(ReadOnlySpan<byte> datagram);

    /// <summary>The last one that arrived together with those before was received.</summary>
    void EndBatch();

    /// <summary>The descriptor can be read.</summary>
    void Ready()
    {
    }

    /// <summary>The connection has ended; nothing is called after this.</summary>
    void Ended()
    {
    }
}
