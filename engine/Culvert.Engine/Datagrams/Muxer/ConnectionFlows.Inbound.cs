using System.Runtime.InteropServices;
using Culvert.Engine.Datagrams.Native;
using Culvert.Engine.Datagrams.V3;
using Culvert.Transports.Native;
using Microsoft.Extensions.Logging;
using static Culvert.Transports.Native.LibcNumbers;

namespace Culvert.Engine.Datagrams.Muxer;

/// <summary>From the edge to the origins.</summary>
internal sealed unsafe partial class ConnectionFlows
{
    // A flow that moves on twice while a payload is looking for it does without it.
    private const int MaxHops = 2;

    // The batch's datagrams, in place, chained for each flow: other flows' in between do not break a run.
    private readonly iovec[] _items;
    private readonly int[] _nextItem;
    private readonly List<Flow> _running = [];
    private readonly List<Flow> _parkedFlows = [];
    private int _itemCount;

    private void TakeInbound()
    {
        _now = Milliseconds();
        _itemCount = 0;
        for (var i = 0; i < _inbound.Count; i++)
        {
            var data = _inbound.Peek(i, out var length);
            if (HasSessions)
                TakeSuffixed(data, length);
            else
                Take(data, length);
        }
        SendRuns();
        _inbound.Clear();
    }

    private void Take(byte* data, int length)
    {
        var datagram = new ReadOnlySpan<byte>(data, length);
        switch (length == 0 ? byte.MaxValue : datagram[0])
        {
            case (byte)DatagramType.Payload:
                var fault = PayloadDatagram.Read(datagram, out var payload);
                if (fault != DatagramFault.None)
                    Malformed("unable to unmarshal session payload datagram", fault);
                else if (_flows.TryFind(payload.RequestId, out var flow))
                    Append(flow, data + PayloadDatagram.HeaderLength, payload.Payload.Length);
                else
                    PassOn(payload.RequestId, payload.Payload);
                break;
            case (byte)DatagramType.Registration:
                fault = RegistrationDatagram.Read(datagram, out var registration);
                if (fault != DatagramFault.None)
                    Malformed("unable to unmarshal session registration datagram", fault);
                else if (Register(registration, datagram) is { } opened && !registration.Payload.IsEmpty)
                    Append(opened, data + length - registration.Payload.Length, registration.Payload.Length);
                break;
            case (byte)DatagramType.Icmp:
                // Ignored without a trace, as the original does when ICMP is off.
                break;
            default:
                OfUnknownType(datagram);
                break;
        }
    }

    // Payloads are taken from any connection (section 5.4), so the flow may be another one's.
    private void PassOn(UInt128 id, ReadOnlySpan<byte> payload)
    {
        if (_muxer.Owners.Find(id) is not { } owner)
            Unknown(id);
        else if (_muxer.TryBeginStray())
            owner.Post(new StrayPayload(_muxer, id, payload.ToArray(), MaxHops));
        else
            _counters.Drop(DropReason.WriteFull);
    }

    private void Append(Flow flow, byte* payload, int length)
    {
        var item = _itemCount++;
        _items[item] = new iovec { iov_base = payload, iov_len = (nuint)length };
        _nextItem[item] = -1;
        if (flow.RunCount++ == 0)
        {
            flow.RunHead = item;
            _running.Add(flow);
        }
        else
        {
            _nextItem[flow.RunTail] = item;
        }
        flow.RunTail = item;
    }

    private void SendRuns()
    {
        foreach (var flow in _running)
        {
            var item = flow.RunHead;
            flow.RunCount = 0;
            while (item >= 0 && flow.IsOpen)
            {
                var count = 0;
                for (; item >= 0 && count < OriginWriter.MaxRun; item = _nextItem[item])
                    _writer.Run[count++] = _items[item];
                SendRun(flow, count);
            }
        }
        _running.Clear();
    }

    private void SendRun(Flow flow, int count)
    {
        for (var at = 0; at < count;)
        {
            var error = EAGAIN;
            // What waits already goes first.
            if (flow.ParkedCount == 0)
            {
                error = _writer.Send(flow.Socket, at, count, out var sent);
                at += sent;
                if (sent > 0)
                    flow.LastActive = _now;
            }
            switch (error)
            {
                case 0:
                    return;
                case EAGAIN or ENOBUFS:
                    Park(flow, at, count);
                    return;
                case EMSGSIZE:
                    Drop(flow, DropReason.WriteFailed, "failed to write the full flow payload to origin");
                    at++;
                    break;
                default:
                    Fail(flow, "failed to write flow payload to origin", error);
                    return;
            }
        }
    }

    private void Park(Flow flow, int at, int count)
    {
        if (flow.ParkedCount == 0)
        {
            flow.ParkedSince = _now;
            _parkedFlows.Add(flow);
            _epoll.WatchWrites(flow.Socket, flow.Slot, watch: true);
        }
        for (; at < count; at++)
        {
            // Sessions may get longer ones than a place holds.
            var length = (int)_writer.Run[at].iov_len;
            if (length > DatagramSizes.MaxPayload || !_parked.TryPark(flow, _writer.Run[at].iov_base, length))
                Drop(flow, DropReason.WriteFull, "failed to write flow payload to origin: dropped");
        }
        if (flow.ParkedCount == 0)
            Unpark(flow);
    }

    private void Unpark(Flow flow)
    {
        _parkedFlows.Remove(flow);
        if (flow.IsOpen)
            _epoll.WatchWrites(flow.Socket, flow.Slot, watch: false);
    }

    // Each datagram has the deadline for itself, from when it became the oldest.
    private void DropOverdue()
    {
        var deadline = (long)_options.WriteDeadline.TotalMilliseconds;
        for (var i = _parkedFlows.Count - 1; i >= 0; i--)
        {
            var flow = _parkedFlows[i];
            if (_now - flow.ParkedSince < deadline)
                continue;
            _parked.Drop(flow, 1);
            flow.ParkedSince = _now;
            Drop(flow, DropReason.WriteDeadlineExceeded, "flow (write) deadline exceeded: dropping packet");
            if (flow.ParkedCount == 0)
                Unpark(flow);
        }
    }

    private void SendParked(Flow flow)
    {
        while (flow.ParkedCount > 0)
        {
            var count = _parked.Describe(flow, _writer.Run, OriginWriter.MaxRun);
            var error = _writer.Send(flow.Socket, 0, count, out var sent);
            if (sent > 0)
                flow.LastActive = flow.ParkedSince = _now;
            _parked.Drop(flow, sent);
            if (error is EAGAIN or ENOBUFS)
                return;
            if (error == EMSGSIZE)
            {
                _parked.Drop(flow, 1);
                Drop(flow, DropReason.WriteFailed, "failed to write the full flow payload to origin");
            }
            else if (error != 0)
            {
                Fail(flow, "failed to write flow payload to origin", error);
                return;
            }
        }
        Unpark(flow);
    }

    private void Drop(Flow flow, DropReason reason, string message)
    {
        _counters.Drop(reason);
        if (_log.May(LogLevel.Warning, _now))
            _log.Dropped(Index, flow.Id, message);
    }

    private void Malformed(string message, DatagramFault fault)
    {
        _counters.Drop(DropReason.Malformed);
        if (_log.May(LogLevel.Error, _now))
            _log.Unparsable(Index, message, fault.Describe());
    }

    /// <summary>Counts a payload of no flow.</summary>
    public void Unknown(UInt128 id)
    {
        _counters.Drop(DropReason.FlowUnknown);
        if (_log.May(LogLevel.Error, _now))
            _log.UnknownFlow(Index, id);
    }

    private void OfUnknownType(ReadOnlySpan<byte> datagram)
    {
        _counters.Drop(DropReason.Malformed);
        if (!_log.May(LogLevel.Error, _now))
            return;
        if (datagram.IsEmpty)
            _log.Unparsable(Index, "unable to parse datagram type: 0", DatagramFault.Empty.Describe());
        else
            _log.UnknownType(
                Index, datagram[0] == (byte)DatagramType.RegistrationResponse ? "unexpected" : "unknown", datagram[0]);
    }

    private void Fail(Flow flow, string message, int errno)
    {
        if (_log.May(LogLevel.Error, _now))
        {
            _log.Failed(
                Index, flow.Id, $"{message}: {Marshal.GetPInvokeErrorMessage(errno)}", _now - flow.OpenedAt);
        }
        if (HasSessions)
            TellOfEnd(flow, $"{message}: {Marshal.GetPInvokeErrorMessage(errno)}");
        else if (flow.WantsUnreachable && errno is ECONNREFUSED or EHOSTUNREACH or ENETUNREACH)
            Respond(RegistrationOutcome.DestinationUnreachable, flow.Id);
        Close(flow, failed: true);
    }
}
