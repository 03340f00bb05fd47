using Culvert.Transports.Connections;
using Culvert.Transports.Datagrams;

namespace Culvert.Edge.PrivateNetworks.Flows;

/// <summary>
/// A connector's connection as flows see it: takes their datagrams, and hands what comes back to the table. Thread-safe.
/// </summary>
internal abstract class FlowCarrier : IDatagramReceiver
{
    /// <summary>What a connection that speaks version 3 lists among its features; it then speaks nothing else.</summary>
    private const string FeatureV3 = "support_datagram_v3_2";

    private const string FeatureV2 = "support_datagram_v2";

    /// <summary>What a connector of version 3 lists that tells of closed ports when it is asked to; ours alone.</summary>
    private const string FeatureUnreachable = "culvert_udp_unreachable";

    private readonly Lock _gate = new();
    private readonly IDatagramConnection _connection;
    private readonly IDatagramSender _sender;

    protected FlowCarrier(IDatagramConnection connection, Guid connectorId, byte index, FlowTable flows)
    {
        _connection = connection;
        _sender = connection.OpenDatagramSender();
        ConnectorId = connectorId;
        Index = index;
        Flows = flows;
    }

    /// <summary>The connector process, within which flows may change connections.</summary>
    public Guid ConnectorId { get; }

    /// <summary>Which of its connections this is; a reconnect has the same.</summary>
    public byte Index { get; }

    /// <summary>Whether a flow may be told to another connection of the process under its id.</summary>
    public abstract bool FlowsMayMove { get; }

    /// <summary>False when the connection has ended.</summary>
    public bool IsOpen => !_connection.ClosedToken.IsCancellationRequested;

    /// <summary>Set when the connection takes nothing new, because its connector is about to close it.</summary>
    public bool IsDraining { get; set; }

    protected FlowTable Flows { get; }

    /// <summary>
    /// Begins to carry flows over a connection, in the version that its features name (datagrams, section 1.2). Null when there
    /// is none.
    /// </summary>
    public static FlowCarrier? Start(
        ConnectorConnection connection, Guid connectorId, byte index, IReadOnlyList<string> features, FlowTable flows)
    {
        if (connection.Datagrams is not { } datagrams)
        {
            return null;
        }

        FlowCarrier? carrier = features.Contains(FeatureV3)
            ? new FlowCarrierV3(datagrams, connectorId, index, features.Contains(FeatureUnreachable), flows)
            : features.Contains(FeatureV2) ? new FlowCarrierV2(connection, datagrams, connectorId, index, flows) : null;
        if (carrier is null)
        {
            return null;
        }

        datagrams.StartDatagrams(carrier);
        datagrams.ClosedToken.UnsafeRegister(static c => ((FlowCarrier)c!).Flows.CarrierEnded((FlowCarrier)c), carrier);
        return carrier;
    }

    /// <summary>Asks the connector to open a flow, or to bind it to this connection; the table hears the answer.</summary>
    public abstract void Register(UInt128 id, PrivateDestination destination, ushort idleSeconds);

    /// <summary>Makes a queue for one thread, which lives as long as the connection.</summary>
    public IDatagramSender OpenSender() => _connection.OpenDatagramSender();

    /// <summary>Queues a datagram of a flow that the connector has accepted.</summary>
    /// <param name="sender">The calling thread's queue at this connection.</param>
    /// <param name="id">The flow.</param>
    /// <param name="payload">At most 1280 bytes.</param>
    /// <returns>False when it is dropped: too long for the path, the queue is full, or the connection has ended.</returns>
    public abstract bool TrySend(IDatagramSender sender, UInt128 id, ReadOnlySpan<byte> payload);

    /// <summary>Sends one of those from any thread, with a lock: what waited for the connector's answer.</summary>
    /// <returns>False when it is dropped.</returns>
    public bool TrySend(UInt128 id, ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            if (!TrySend(_sender, id, payload))
            {
                return false;
            }

            _sender.Flush();
            return true;
        }
    }

    /// <summary>Queues an IP packet with an ICMP message.</summary>
    /// <param name="packet">1 to 1280 bytes.</param>
    /// <returns>False when it is dropped.</returns>
    public abstract bool TrySendPacket(ReadOnlySpan<byte> packet);

    /// <summary>Tells the connector that a flow is no more, where the protocol can.</summary>
    public virtual void Forget(UInt128 id)
    {
    }

    public abstract void Receive(ReadOnlySpan<byte> datagram);

    public void EndBatch()
    {
        // Each datagram was delivered when it came.
    }

    protected void ReceivePacket(ReadOnlySpan<byte> packet)
    {
        if (Flows.Pings is { } pings)
        {
            pings.Receive(this, packet);
        }
        else
        {
            Flows.Counters.CountUnknown();
        }
    }

    protected bool TrySend(ReadOnlySpan<byte> datagram)
    {
        lock (_gate)
        {
            if (!_sender.TrySend(datagram))
            {
                return false;
            }

            _sender.Flush();
            return true;
        }
    }
}
