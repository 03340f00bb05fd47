using System.Buffers.Binary;
using Culvert.Engine.Datagrams.Icmp;
using Culvert.Transports.Datagrams;

namespace Culvert.Engine.Datagrams.Muxer;

/// <summary>
/// A connection that carries flows: sorts what arrives, on the connection's thread, into the rings of the shards. The object is
/// the connection's identity; its index is only a label.
/// </summary>
internal sealed class Carrier : IDatagramReceiver
{
    private readonly CarrierLane[] _lanes;

    /// <param name="connection">The connection.</param>
    /// <param name="index">Label in logs and counters.</param>
    /// <param name="counters">Those of the index.</param>
    /// <param name="shards">Where its datagrams go.</param>
    /// <param name="slots">Of each ring.</param>
    /// <param name="sessionEnded">Null for version 3; for version 2, hears of sessions that end by themselves, and why.</param>
    public Carrier(
        IDatagramConnection connection, byte index, DatagramCounters counters, FlowShard[] shards, int slots,
        Action<Guid, string>? sessionEnded = null)
    {
        Connection = connection;
        Index = index;
        SessionEnded = sessionEnded;
        Counters = counters;
        _lanes = [.. shards.Select(shard => new CarrierLane(this, shard, slots))];
    }

    public IDatagramConnection Connection { get; }

    /// <summary>Label in logs and counters.</summary>
    public byte Index { get; }

    /// <summary>Whether its datagrams are of version 2.</summary>
    public bool HasSessions => SessionEnded is not null;

    /// <summary>Called on a shard's thread.</summary>
    public Action<Guid, string>? SessionEnded { get; }

    /// <summary>Answers pings; null when there is nothing that could.</summary>
    public IcmpConnection? Icmp { get; init; }

    public DatagramCounters Counters { get; }

    public IReadOnlyList<CarrierLane> Lanes => _lanes;

    public void Receive(ReadOnlySpan<byte> datagram)
    {
        if (Icmp is { } icmp && icmp.Wants(datagram))
        {
            icmp.Take(datagram);
            return;
        }
        var lane = _lanes[_lanes.Length == 1 ? 0 : ShardOf(datagram)];
        lane.Inbound.Write(datagram);
        lane.HasNews = true;
    }

    public void EndBatch()
    {
        // The shard must see the datagrams when it looks once more before it sleeps.
        Interlocked.MemoryBarrier();
        foreach (var lane in _lanes)
        {
            if (!lane.HasNews)
                continue;
            lane.HasNews = false;
            lane.Shard.Wake();
        }
    }

    /// <summary>The lane that carries a flow.</summary>
    public CarrierLane LaneOf(UInt128 id) => _lanes[ShardOf((ulong)(id >> 64), (ulong)id)];

    // Registrations and payloads of an id meet in one shard, whichever connection they come on. The rest may go anywhere.
    private int ShardOf(ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length < V3.PayloadDatagram.HeaderLength)
            return 0;
        var at = HasSessions ? datagram.Length - 1 - V3.DatagramSizes.RequestId
            : datagram[0] == (byte)V3.DatagramType.Registration ? 6 : 1;
        if (datagram.Length < at + V3.DatagramSizes.RequestId)
            return 0;
        return ShardOf(
            BinaryPrimitives.ReadUInt64BigEndian(datagram[at..]), BinaryPrimitives.ReadUInt64BigEndian(datagram[(at + 8)..]));
    }

    private int ShardOf(ulong high, ulong low) =>
        (int)((((high ^ low) * 0x9E37_79B9_7F4A_7C15) >> 32) % (uint)_lanes.Length);
}

/// <summary>What stands between one connection and one shard: a ring each way, and the flows whose replies go there.</summary>
internal sealed class CarrierLane(Carrier carrier, FlowShard shard, int slots)
{
    public Carrier Carrier { get; } = carrier;

    public FlowShard Shard { get; } = shard;

    public InboundRing Inbound { get; } = new(slots);

    public IDatagramSender Outbound { get; } = carrier.Connection.OpenDatagramSender();

    /// <summary>The connection thread's: something was put into the ring since the shard was last woken.</summary>
    public bool HasNews { get; set; }

    /// <summary>The shard's: slots of the ring that this round's runs still use.</summary>
    public int InUse { get; set; }

    /// <summary>The shard's: something was queued to the edge and not flushed.</summary>
    public bool MustFlush { get; set; }

    /// <summary>The shard's: the connection has ended and its flows are being closed.</summary>
    public bool HasEnded { get; set; }

    public Flow? FirstFlow { get; private set; }

    public void Bind(Flow flow)
    {
        flow.Lane = this;
        flow.PreviousInLane = null;
        flow.NextInLane = FirstFlow;
        if (FirstFlow is { } next)
            next.PreviousInLane = flow;
        FirstFlow = flow;
    }

    public void Unbind(Flow flow)
    {
        if (flow.PreviousInLane is { } previous)
            previous.NextInLane = flow.NextInLane;
        else
            FirstFlow = flow.NextInLane;
        if (flow.NextInLane is { } next)
            next.PreviousInLane = flow.PreviousInLane;
        flow.NextInLane = flow.PreviousInLane = null;
        flow.Lane = null;
    }
}
