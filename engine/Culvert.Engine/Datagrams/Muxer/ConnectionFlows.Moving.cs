using Culvert.Engine.Datagrams.V3;
using Culvert.Transports.Native;
using Microsoft.Extensions.Logging;

namespace Culvert.Engine.Datagrams.Muxer;

/// <summary>
/// Flows that change their connection (datagrams, section 5.4). The one that has a flow lets go of it on its thread, and the one
/// on which it was registered takes it up on its own; both are rare, so they are posted.
/// </summary>
internal sealed unsafe partial class ConnectionFlows
{
    /// <summary>Flows that were asked for and have not come: what the edge registers again meanwhile is answered then.</summary>
    private readonly HashSet<UInt128> _expected = [];

    /// <summary>Takes a flow out, socket and all; null when it is not here.</summary>
    public MovingFlow? LetGo(UInt128 id)
    {
        if (!_flows.TryFind(id, out var flow))
            return null;
        var moving = new MovingFlow(_muxer, flow.Socket, flow.OpenedBy, flow.OpenedAt, flow.IdlePeriod, flow.WantsUnreachable);
        _epoll.Remove(flow.Socket);
        Remove(flow);
        return moving;
    }

    /// <summary>Takes up a flow that was let go for this connection, or opens it when it ended before.</summary>
    public void Arrive(UInt128 id, MovingFlow? moving, byte[] datagram)
    {
        _expected.Remove(id);
        if (moving is null)
        {
            _ = RegistrationDatagram.Read(datagram, out var registration);
            if (Register(registration, datagram) is { } opened && !registration.Payload.IsEmpty)
                _ = TrySend(opened.Id, registration.Payload);
            return;
        }
        if (Add(id, moving.Socket, moving.IdlePeriod, moving.OpenedBy, moving.OpenedAt) is not { } flow)
        {
            Respond(RegistrationOutcome.UnableToBind, id);
            return;
        }
        flow.WantsUnreachable = moving.WantsUnreachable;
        _counters.MigratedHere();
        if (_log.May(LogLevel.Debug, _now))
            _log.Migration(Index, id);
        Respond(RegistrationOutcome.Ok, id);
    }

    /// <summary>Sends a payload by itself.</summary>
    /// <returns>False when the flow is not here.</returns>
    public bool TrySend(UInt128 id, ReadOnlySpan<byte> payload)
    {
        if (!_flows.TryFind(id, out var flow))
            return false;
        fixed (byte* start = payload)
        {
            _writer.Run[0] = new iovec { iov_base = start, iov_len = (nuint)payload.Length };
            SendRun(flow, 1);
        }
        return true;
    }
}
