using System.Buffers.Binary;
using Culvert.Engine.Datagrams.V2;
using Culvert.Engine.Datagrams.V3;
using Culvert.Transports.Connections;
using Culvert.Transports.Datagrams;
using Culvert.Transports.Sessions;
using Culvert.Transports.Streams;

namespace Culvert.Edge.PrivateNetworks.Flows;

/// <summary>
/// Flows of older connectors: registered by a call, and bound to their connection for life (datagrams, sections 3 and 9.7).
/// </summary>
internal sealed class FlowCarrierV2 : FlowCarrier
{
    // How both connectors end their text when the origin's port is closed; there is no code for it.
    private const string Refused = "connection refused";

    private readonly ConnectorConnection _calls;

    public FlowCarrierV2(
        ConnectorConnection calls, IDatagramConnection connection, Guid connectorId, byte index, FlowTable flows)
        : base(connection, connectorId, index, flows)
    {
        _calls = calls;
        calls.SessionEnded = (id, reason) =>
            Flows.Find(IdOf(id), this)?.Lost(reason.EndsWith(Refused, StringComparison.OrdinalIgnoreCase));
    }

    public override bool FlowsMayMove => false;

    public override void Register(UInt128 id, PrivateDestination destination, ushort idleSeconds) =>
        Flows.Calls.Start(cancellationToken => RegisterAsync(id, destination, idleSeconds, cancellationToken));

    public override bool TrySend(IDatagramSender sender, UInt128 id, ReadOnlySpan<byte> payload)
    {
        Span<byte> datagram = stackalloc byte[SuffixedDatagram.MaxLength];
        payload.CopyTo(datagram);
        return sender.TrySend(datagram[..SuffixedDatagram.AppendSession(datagram, payload.Length, SessionOf(id))]);
    }

    public override bool TrySendPacket(ReadOnlySpan<byte> packet)
    {
        Span<byte> datagram = stackalloc byte[SuffixedDatagram.MaxLength];
        packet.CopyTo(datagram);
        return TrySend(datagram[..SuffixedDatagram.Append(datagram, packet.Length, SuffixType.Packet, default)]);
    }

    public override void Forget(UInt128 id) => Flows.Calls.Start(cancellationToken => ForgetAsync(id, cancellationToken));

    public override void Receive(ReadOnlySpan<byte> datagram)
    {
        if (SuffixedDatagram.Read(datagram, out var read) != SuffixFault.None)
        {
            Flows.Counters.CountUnknown();
        }
        else if (read.Type == SuffixType.Udp)
        {
            Flows.Find(IdOf(read.SessionId), this)?.Receive(read.Content);
        }
        else if (read.Type == SuffixType.Packet)
        {
            ReceivePacket(read.Content);
        }
        else
        {
            Flows.Counters.CountUnknown();
        }
    }

    private static Guid SessionOf(UInt128 id)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, id);
        return new Guid(bytes, bigEndian: true);
    }

    private static UInt128 IdOf(Guid session)
    {
        Span<byte> bytes = stackalloc byte[16];
        _ = session.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    // Never fails: whatever goes wrong is an answer to the flow.
    private async Task RegisterAsync(
        UInt128 id, PrivateDestination destination, ushort idleSeconds, CancellationToken cancellationToken)
    {
        var outcome = RegistrationOutcome.UnableToBind;
        try
        {
            var result = await _calls.RegisterUdpSessionAsync(
                new UdpSessionRequest(
                    SessionOf(id), destination.EndPoint.Address, (ushort)destination.EndPoint.Port,
                    TimeSpan.FromSeconds(idleSeconds), ""),
                cancellationToken).ConfigureAwait(false);
            outcome = string.IsNullOrEmpty(result.Error) ? RegistrationOutcome.Ok
                : result.Error.Contains("too many active flows", StringComparison.Ordinal)
                ? RegistrationOutcome.TooManyActiveFlows : RegistrationOutcome.UnableToBind;
        }
        catch (Exception e) when (e is ConnectorLostException or OperationCanceledException)
        {
            // The answer says so.
        }

        Flows.Find(id, this)?.Answered(this, outcome);
    }

    private async Task ForgetAsync(UInt128 id, CancellationToken cancellationToken)
    {
        try
        {
            await _calls.UnregisterUdpSessionAsync(SessionOf(id), "session idle at the edge", cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception e) when (e is ConnectorLostException or OperationCanceledException)
        {
            // The connector ends it by itself when it is idle.
        }
    }
}
