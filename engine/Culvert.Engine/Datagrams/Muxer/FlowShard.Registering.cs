using System.Net;
using System.Runtime.InteropServices;
using Culvert.Engine.Datagrams.Native;
using Culvert.Engine.Datagrams.V3;
using Culvert.Engine.Flows;
using Microsoft.Extensions.Logging;

namespace Culvert.Engine.Datagrams.Muxer;

/// <summary>Opening flows, moving them to another connection, and closing them (datagrams, sections 5.3, 5.4 and 5.7).</summary>
internal sealed unsafe partial class FlowShard
{
    /// <summary>Answers a registration.</summary>
    /// <returns>The flow, when this opened it: only then is a bundled payload its first.</returns>
    private Flow? Register(CarrierLane lane, in RegistrationDatagram registration)
    {
        if (_flows.TryFind(registration.RequestId, out var known) && !known.IsSession)
        {
            Rebind(lane, known);
            return null;
        }
        if (known is not null || _flows.Count >= _options.MaxFlows || !_limiter.TryAcquire(FlowKind.Udp))
        {
            if (_log.May(LogLevel.Warning, _now))
                _log.TooManyFlows(lane.Carrier.Index, Destination(registration));
            Respond(lane, RegistrationOutcome.TooManyActiveFlows, registration.RequestId);
            return null;
        }
        var socket = Dial(registration.Address, registration.Port, coalesces: true);
        if (socket < 0)
        {
            _limiter.Release();
            if (_log.May(LogLevel.Error, _now))
            {
                var error = $"unable to dial udp to origin {Destination(registration)}: "
                    + Marshal.GetPInvokeErrorMessage(-socket);
                _log.RegistrationFailed(lane.Carrier.Index, registration.RequestId, Destination(registration), error);
            }
            Respond(lane, RegistrationOutcome.UnableToBind, registration.RequestId);
            return null;
        }
        return Open(lane, registration, socket);
    }

    private Flow? Open(CarrierLane lane, in RegistrationDatagram registration, int socket)
    {
        if (Add(lane, registration.RequestId, socket, registration.IdleSeconds * 1000L) is not { } flow)
        {
            Respond(lane, RegistrationOutcome.UnableToBind, registration.RequestId);
            return null;
        }
        // Queued before anything is read, so that no payload goes before the answer.
        if (Respond(lane, RegistrationOutcome.Ok, registration.RequestId))
            return flow;
        Close(flow, failed: false);
        if (_log.May(LogLevel.Error, _now))
            _log.ResponseNotSent(lane.Carrier.Index, registration.RequestId);
        return null;
    }

    // Null, and the socket closed, when the kernel will not watch it.
    private Flow? Add(CarrierLane lane, UInt128 id, int socket, long idlePeriod)
    {
        var flow = _flows.Add(id);
        flow.Socket = socket;
        flow.IsSession = lane.Carrier.HasSessions;
        flow.OpenedBy = lane.Carrier.Index;
        flow.OpenedAt = flow.LastActive = _now;
        flow.LastRead = 1;
        flow.IdlePeriod = idlePeriod == 0 ? (long)_options.DefaultIdlePeriod.TotalMilliseconds : idlePeriod;
        lane.Bind(flow);
        _wheel.Add(flow);
        Volatile.Write(ref _flowCount, _flows.Count);
        lane.Carrier.Counters.Opened(flow.IsSession);
        if (_epoll.TryAdd(socket, flow.Slot))
            return flow;
        Close(flow, failed: true);
        return null;
    }

    private void Rebind(CarrierLane lane, Flow flow)
    {
        flow.LastActive = _now;
        // The connection object decides: one that came back under its old index is another connection.
        if (flow.Lane == lane)
        {
            lane.Carrier.Counters.Retried();
            if (_log.May(LogLevel.Debug, _now))
                _log.Retry(lane.Carrier.Index, flow.Id);
        }
        else
        {
            flow.Lane!.Unbind(flow);
            lane.Bind(flow);
            lane.Carrier.Counters.MigratedHere();
            if (_log.May(LogLevel.Debug, _now))
                _log.Migration(lane.Carrier.Index, flow.Id);
        }
        Respond(lane, RegistrationOutcome.Ok, flow.Id);
    }

    private bool Respond(CarrierLane lane, RegistrationOutcome outcome, UInt128 id)
    {
        Span<byte> response = stackalloc byte[RegistrationResponseDatagram.HeaderLength];
        new RegistrationResponseDatagram(outcome, id).Write(response);
        lane.MustFlush = true;
        return lane.Outbound.TrySend(response);
    }

    private int Dial(ReadOnlySpan<byte> destination, ushort port, bool coalesces)
    {
        if (!VirtualDns.IsReserved(destination, port))
            return OriginSocket.Open(destination, port, coalesces);
        var resolver = _dns.Choose(FlowKind.Udp);
        Span<byte> address = stackalloc byte[16];
        _ = resolver.Address.TryWriteBytes(address, out var length);
        return OriginSocket.Open(address[..length], (ushort)resolver.Port, coalesces);
    }

    private void CloseIdle(Flow flow)
    {
        if (_log.May(LogLevel.Debug, _now))
            _log.Idle(flow.Lane!.Carrier.Index, flow.Id, flow.IdlePeriod, _now - flow.OpenedAt);
        if (flow.IsSession)
            TellOfEnd(flow, $"session idle for {FlowLog.Period(flow.IdlePeriod)}");
        Close(flow, failed: false);
    }

    // A few hundred at a time: closing fifty thousand sockets takes long enough for other flows to notice.
    private void CloseEnded()
    {
        var left = ClosesPerRound;
        for (var i = _endedLanes.Count - 1; i >= 0 && left > 0; i--)
        {
            var lane = _endedLanes[i];
            for (; lane.FirstFlow is { } flow && left > 0; left--)
            {
                if (_log.May(LogLevel.Error, _now))
                    _log.Failed(lane.Carrier.Index, flow.Id, "context canceled", _now - flow.OpenedAt);
                Close(flow, failed: false);
            }
            if (lane.FirstFlow is null)
                _endedLanes.RemoveAt(i);
        }
    }

    private void Close(Flow flow, bool failed)
    {
        // Closing takes the socket out of the epoll set too.
        _ = Libc.close(flow.Socket);
        flow.Socket = -1;
        if (flow.ParkedCount > 0)
        {
            _parked.Drop(flow, flow.ParkedCount);
            Unpark(flow);
        }
        _wheel.Remove(flow);
        flow.Lane!.Unbind(flow);
        _flows.Remove(flow.Id);
        Volatile.Write(ref _flowCount, _flows.Count);
        _limiter.Release();
        _counters[flow.OpenedBy].Closed(failed, flow.IsSession);
        // The round's lists may still hold it.
        _closed.Add(flow);
    }

    private static string Destination(in RegistrationDatagram registration) =>
        new IPEndPoint(registration.ToAddress(), registration.Port).ToString();
}
