using Culvert.Engine.Datagrams;
using Culvert.Engine.Datagrams.V3;
using Culvert.Transports.Datagrams;

namespace Culvert.Edge.PrivateNetworks.Flows;

/// <summary>Flows by datagrams alone (datagrams, sections 4 and 9).</summary>
/// <param name="connection">The connection.</param>
/// <param name="connectorId">The connector process.</param>
/// <param name="index">Which of its connections this is.</param>
/// <param name="tellsUnreachable">Whether the connector can tell that a destination's port is closed.</param>
/// <param name="flows">Has the flows.</param>
internal sealed class FlowCarrierV3(
    IDatagramConnection connection, Guid connectorId, byte index, bool tellsUnreachable, FlowTable flows)
    : FlowCarrier(connection, connectorId, index, flows)
{
    public override bool FlowsMayMove => true;

    public override void Register(UInt128 id, PrivateDestination destination, ushort idleSeconds)
    {
        Span<byte> address = stackalloc byte[16];
        var ip = destination.EndPoint.Address;
        _ = (ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip).TryWriteBytes(address, out var length);
        var registration = new RegistrationDatagram(
            id, address[..length], (ushort)destination.EndPoint.Port, idleSeconds, wantsUnreachable: tellsUnreachable);
        Span<byte> datagram = stackalloc byte[38];
        // One that does not go out is like one that is lost: it is sent again.
        _ = TrySend(datagram[..registration.Write(datagram)]);
    }

    public override bool TrySend(IDatagramSender sender, UInt128 id, ReadOnlySpan<byte> payload)
    {
        Span<byte> datagram = stackalloc byte[PayloadDatagram.MaxLength];
        PayloadDatagram.WriteHeader(datagram, id);
        payload.CopyTo(datagram[PayloadDatagram.HeaderLength..]);
        return sender.TrySend(datagram[..(PayloadDatagram.HeaderLength + payload.Length)]);
    }

    public override bool TrySendPacket(ReadOnlySpan<byte> packet)
    {
        Span<byte> datagram = stackalloc byte[IcmpDatagram.HeaderLength + DatagramSizes.MaxPacket];
        return TrySend(datagram[..IcmpDatagram.Write(datagram, packet)]);
    }

    public override void Receive(ReadOnlySpan<byte> datagram)
    {
        if (PayloadDatagram.Read(datagram, out var payload) == DatagramFault.None)
        {
            Flows.Find(payload.RequestId, this)?.Receive(payload.Payload);
        }
        else if (RegistrationResponseDatagram.Read(datagram, out var response) == DatagramFault.None)
        {
            Flows.Find(response.RequestId, this)?.Answered(this, response.Outcome);
        }
        else if (IcmpDatagram.Read(datagram, out var packet) == DatagramFault.None)
        {
            ReceivePacket(packet);
        }
        else
        {
            Flows.Counters.CountUnknown();
        }
    }
}
