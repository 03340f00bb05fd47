using System.Net;
using System.Runtime.InteropServices;
using Culvert.Engine.Datagrams.Native;
using Culvert.Engine.Datagrams.V3;
using Culvert.Engine.Flows;
using Culvert.Transports.Native;
using Microsoft.Extensions.Logging;

namespace Culvert.Engine.Datagrams.Muxer;

/// <summary>Opening flows and closing them (datagrams, sections 5.3 and 5.7).</summary>
internal sealed unsafe partial class ConnectionFlows
{
    /// <summary>Answers a registration, now or when the flow has come from another connection.</summary>
    /// <returns>The flow, when this opened it: only then is a bundled payload its first.</returns>
    private Flow? Register(in RegistrationDatagram registration, ReadOnlySpan<byte> datagram)
    {
        var id = registration.RequestId;
        if (_flows.TryFind(id, out var known))
        {
            Retry(known);
            return null;
        }
        if (_expected.Contains(id))
            return null;
        if (_muxer.Owners.Find(id) is { } owner && owner != this)
        {
            Request(id, owner, datagram);
            return null;
        }
        if (_flows.Count >= _options.MaxFlows || !_muxer.Limiter.TryAcquire(FlowKind.Udp))
        {
            if (_log.May(LogLevel.Warning, _now))
                _log.TooManyFlows(Index, Destination(registration));
            Respond(RegistrationOutcome.TooManyActiveFlows, id);
            return null;
        }
        var socket = Dial(registration.Address, registration.Port, coalesces: true);
        if (socket < 0)
        {
            _muxer.Limiter.Release();
            if (_log.May(LogLevel.Error, _now))
            {
                var error = $"unable to dial udp to origin {Destination(registration)}: "
                    + Marshal.GetPInvokeErrorMessage(-socket);
                _log.RegistrationFailed(Index, id, Destination(registration), error);
            }
            Respond(RegistrationOutcome.UnableToBind, id);
            return null;
        }
        owner = _muxer.Owners.Add(id, this);
        if (owner == this)
            return Open(registration, socket);
        // Two connections were asked for it at once, and the other one was first.
        _ = Libc.close(socket);
        _muxer.Limiter.Release();
        Request(id, owner, datagram);
        return null;
    }

    // The connection object decides: one that came back under its old index is another connection.
    private void Request(UInt128 id, ConnectionFlows owner, ReadOnlySpan<byte> datagram)
    {
        _expected.Add(id);
        owner.Post(new FlowRequest(_muxer, id, owner, this, datagram.ToArray()));
    }

    private Flow? Open(in RegistrationDatagram registration, int socket)
    {
        // Counted first, as it is counted off again when the system watches no more sockets.
        _counters.Opened();
        if (Add(registration.RequestId, socket, IdlePeriod(registration.IdleSeconds * 1000L), Index, _now) is not { } flow)
        {
            Respond(RegistrationOutcome.UnableToBind, registration.RequestId);
            return null;
        }
        flow.WantsUnreachable = registration.WantsUnreachable;
        // Queued before anything is read, so that no payload goes before the answer.
        if (Respond(RegistrationOutcome.Ok, registration.RequestId))
            return flow;
        Close(flow, failed: false);
        if (_log.May(LogLevel.Error, _now))
            _log.ResponseNotSent(Index, registration.RequestId);
        return null;
    }

    private long IdlePeriod(long milliseconds) =>
        milliseconds == 0 ? (long)_options.DefaultIdlePeriod.TotalMilliseconds : milliseconds;

    // Null, and the socket closed, when the kernel will not watch it.
    private Flow? Add(UInt128 id, int socket, long idlePeriod, byte openedBy, long openedAt)
    {
        var flow = _flows.Add(id);
        flow.Socket = socket;
        flow.OpenedBy = openedBy;
        flow.OpenedAt = openedAt;
        flow.LastActive = _now;
        flow.LastRead = 1;
        flow.WantsUnreachable = false;
        flow.IdlePeriod = idlePeriod;
        _wheel.Add(flow);
        Volatile.Write(ref _flowCount, _flows.Count);
        if (_epoll.TryAdd(socket, flow.Slot))
            return flow;
        Close(flow, failed: true);
        return null;
    }

    private void Retry(Flow flow)
    {
        flow.LastActive = _now;
        _counters.Retried();
        if (_log.May(LogLevel.Debug, _now))
            _log.Retry(Index, flow.Id);
        Respond(RegistrationOutcome.Ok, flow.Id);
    }

    private bool Respond(RegistrationOutcome outcome, UInt128 id)
    {
        Span<byte> response = stackalloc byte[RegistrationResponseDatagram.HeaderLength];
        new RegistrationResponseDatagram(outcome, id).Write(response);
        _mustFlush = true;
        return _outbound.TrySend(response);
    }

    private int Dial(ReadOnlySpan<byte> destination, ushort port, bool coalesces)
    {
        if (!VirtualDns.IsReserved(destination, port))
            return OriginSocket.Open(destination, port, coalesces);
        var resolver = _muxer.Dns.Choose(FlowKind.Udp);
        Span<byte> address = stackalloc byte[16];
        _ = resolver.Address.TryWriteBytes(address, out var length);
        return OriginSocket.Open(address[..length], (ushort)resolver.Port, coalesces);
    }

    private void CloseIdle(Flow flow)
    {
        if (_log.May(LogLevel.Debug, _now))
            _log.Idle(Index, flow.Id, flow.IdlePeriod, _now - flow.OpenedAt);
        if (HasSessions)
            TellOfEnd(flow, $"session idle for {FlowLog.Period(flow.IdlePeriod)}");
        Close(flow, failed: false);
    }

    private void Close(Flow flow, bool failed)
    {
        // Closing takes the socket out of the epoll set too.
        _ = Libc.close(flow.Socket);
        if (!HasSessions)
            _muxer.Owners.Move(flow.Id, this, null);
        Remove(flow);
        _muxer.Limiter.Release();
        _muxer.Counters(flow.OpenedBy).Closed(failed, HasSessions);
    }

    private void Remove(Flow flow)
    {
        flow.Socket = -1;
        if (flow.ParkedCount > 0)
        {
            _parked.Drop(flow, flow.ParkedCount);
            Unpark(flow);
        }
        _wheel.Remove(flow);
        _flows.Remove(flow.Id);
        Volatile.Write(ref _flowCount, _flows.Count);
        // The round's lists may still hold it.
        _closed.Add(flow);
    }

    private static string Destination(in RegistrationDatagram registration) =>
        new IPEndPoint(registration.ToAddress(), registration.Port).ToString();
}
