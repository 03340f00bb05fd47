using System.Collections.Concurrent;
using System.Net;
using Culvert.Edge.PrivateNetworks.Flows;
using Culvert.Engine.Datagrams.Icmp;
using Culvert.Engine.Datagrams.V3;

namespace Culvert.Edge.PrivateNetworks.Pings;

/// <summary>
/// Carries echo requests to the tunnels behind which their destinations are, and what answers them back (datagrams, section 9.6).
/// Thread-safe.
/// </summary>
/// <param name="routes">What may be pinged.</param>
/// <param name="flows">Counts what is dropped.</param>
/// <param name="write">Takes packets for clients, borrowed for the call; called on connections' threads.</param>
/// <param name="time">The clock.</param>
internal sealed class PingRelay(PrivateRoutes routes, FlowTable flows, PacketOutput write, TimeProvider time)
{
    /// <summary>Pings at a time; further ones are dropped.</summary>
    public const int MaxPings = 4096;

    /// <summary>After so long without a request replies are not awaited any more.</summary>
    public static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<PingKey, Ping> _pings = new();
    private long _lastSweep = time.GetTimestamp();

    /// <summary>Pings now.</summary>
    public int Count => _pings.Count;

    /// <summary>A client's packet; what is no echo request to an allowed network is dropped and counted. One thread.</summary>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        Sweep();
        if (bytes.Length > DatagramSizes.MaxPacket || IcmpPacket.Read(bytes, out var packet) is not null || !packet.IsEchoRequest
            || !TrySend(packet))
        {
            flows.Counters.CountDropped();
        }
    }

    /// <summary>A connector's packet: a reply to a ping, or that one had no time left, is handed to the client.</summary>
    public void Receive(FlowCarrier carrier, ReadOnlySpan<byte> bytes)
    {
        if (IcmpPacket.Read(bytes, out var packet) is null && KeyOf(packet) is { } key
            && _pings.TryGetValue(key, out var ping) && ping.Carrier.ConnectorId == carrier.ConnectorId)
        {
            write(packet.Packet);
        }
        else
        {
            flows.Counters.CountUnknown();
        }
    }

    // Which ping a packet answers: the one it names, or the one whose request it quotes.
    private static PingKey? KeyOf(in IcmpPacket packet)
    {
        if (packet.Type == (packet.IsV6 ? 129 : 0))
        {
            return new PingKey(new IPAddress(packet.Destination), new IPAddress(packet.Source), packet.EchoId);
        }

        var isExceeded = packet.Type == (packet.IsV6 ? 3 : 11) && packet.Message.Length > IcmpPacket.EchoHeader;
        return isExceeded && IcmpPacket.Read(packet.Message[IcmpPacket.EchoHeader..], out var quoted) is null
            && quoted.IsEchoRequest && quoted.Source.SequenceEqual(packet.Destination)
            ? new PingKey(new IPAddress(quoted.Source), new IPAddress(quoted.Destination), quoted.EchoId) : null;
    }

    private bool TrySend(in IcmpPacket packet)
    {
        var key = new PingKey(new IPAddress(packet.Source), new IPAddress(packet.Destination), packet.EchoId);
        if (!_pings.TryGetValue(key, out var ping) || !ping.Carrier.IsOpen || ping.Carrier.IsDraining)
        {
            if (ping is null && _pings.Count >= MaxPings)
            {
                return false;
            }

            var destination = routes.Find(key.Destination, 0);
            if (destination is null || routes.TunnelOf(destination) is not { } tunnel
                || FlowTable.Pick(tunnel, ping?.Carrier, sameConnector: true) is not { } carrier)
            {
                return false;
            }

            ping = _pings[key] = new Ping(carrier);
        }

        ping.LastSent = time.GetTimestamp();
        return ping.Carrier.TrySendPacket(packet.Packet);
    }

    private void Sweep()
    {
        if (time.GetElapsedTime(_lastSweep) < IdleTimeout)
        {
            return;
        }

        _lastSweep = time.GetTimestamp();
        foreach (var (key, ping) in _pings)
        {
            if (time.GetElapsedTime(ping.LastSent) >= IdleTimeout)
            {
                _pings.TryRemove(key, out _);
            }
        }
    }

    private sealed class Ping(FlowCarrier carrier)
    {
        public FlowCarrier Carrier => carrier;

        public long LastSent { get; set; }
    }
}

/// <summary>Takes a packet, which is borrowed for the call. Any thread.</summary>
internal delegate void PacketOutput(ReadOnlySpan<byte> packet);
