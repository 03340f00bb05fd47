using System.Runtime.InteropServices;
using Culvert.Engine.Datagrams.Native;
using Culvert.Engine.Datagrams.V3;
using Microsoft.Extensions.Logging;
using static Culvert.Engine.Datagrams.Native.LibcNumbers;

namespace Culvert.Engine.Datagrams.Muxer;

/// <summary>From the edge to the origins.</summary>
internal sealed unsafe partial class FlowShard
{
    // The round's datagrams, in place in the rings, chained for each flow: other flows' in between do not break a run.
    private readonly iovec[] _items = new iovec[MaxPerRound];
    private readonly int[] _nextItem = new int[MaxPerRound];
    private readonly List<Flow> _running = [];
    private readonly List<Flow> _parkedFlows = [];
    private int _itemCount;
    private int _firstLane;

    private bool TakeInbound()
    {
        var isMore = false;
        var taken = 0;
        _itemCount = 0;
        for (var i = 0; i < _lanes.Count; i++)
        {
            var lane = _lanes[(_firstLane + i) % _lanes.Count];
            var available = lane.Inbound.Available;
            var count = Math.Min(available, Math.Min(MaxPerLane, MaxPerRound - taken));
            isMore |= count < available;
            taken += count;
            for (var k = 0; k < count; k++)
            {
                var data = lane.Inbound.Peek(k, out var length);
                Take(lane, data, length);
            }
            lane.InUse = count;
        }
        _firstLane++;
        if (_firstLane >= _lanes.Count)
            _firstLane = 0;
        return isMore;
    }

    private void Take(CarrierLane lane, byte* data, int length)
    {
        if (lane.Carrier.HasSessions)
        {
            TakeSuffixed(lane, data, length);
            return;
        }
        var datagram = new ReadOnlySpan<byte>(data, length);
        switch (length == 0 ? byte.MaxValue : datagram[0])
        {
            case (byte)DatagramType.Payload:
                var fault = PayloadDatagram.Read(datagram, out var payload);
                if (fault != DatagramFault.None)
                    Malformed(lane, "unable to unmarshal session payload datagram", fault);
                else if (_flows.TryFind(payload.RequestId, out var flow) && !flow.IsSession)
                    Append(flow, data + PayloadDatagram.HeaderLength, payload.Payload.Length);
                else
                    Unknown(lane, payload.RequestId);
                break;
            case (byte)DatagramType.Registration:
                fault = RegistrationDatagram.Read(datagram, out var registration);
                if (fault != DatagramFault.None)
                    Malformed(lane, "unable to unmarshal session registration datagram", fault);
                else if (Register(lane, registration) is { } opened && !registration.Payload.IsEmpty)
                    Append(opened, data + length - registration.Payload.Length, registration.Payload.Length);
                break;
            case (byte)DatagramType.Icmp:
                // Ignored without a trace, as the original does when ICMP is off.
                break;
            default:
                OfUnknownType(lane, datagram);
                break;
        }
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
    private void SendParked()
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

    private void ReleaseSlots()
    {
        foreach (var lane in _lanes)
        {
            if (lane.InUse == 0)
                continue;
            lane.Inbound.Release(lane.InUse);
            lane.InUse = 0;
        }
    }

    private void Drop(Flow flow, DropReason reason, string message)
    {
        var carrier = flow.Lane!.Carrier;
        carrier.Counters.Drop(reason);
        if (_log.May(LogLevel.Warning, _now))
            _log.Dropped(carrier.Index, flow.Id, message);
    }

    private void Malformed(CarrierLane lane, string message, DatagramFault fault)
    {
        lane.Carrier.Counters.Drop(DropReason.Malformed);
        if (_log.May(LogLevel.Error, _now))
            _log.Unparsable(lane.Carrier.Index, message, fault.Describe());
    }

    private void Unknown(CarrierLane lane, UInt128 id)
    {
        lane.Carrier.Counters.Drop(DropReason.FlowUnknown);
        if (_log.May(LogLevel.Error, _now))
            _log.UnknownFlow(lane.Carrier.Index, id);
    }

    private void OfUnknownType(CarrierLane lane, ReadOnlySpan<byte> datagram)
    {
        lane.Carrier.Counters.Drop(DropReason.Malformed);
        if (!_log.May(LogLevel.Error, _now))
            return;
        var index = lane.Carrier.Index;
        if (datagram.IsEmpty)
            _log.Unparsable(index, "unable to parse datagram type: 0", DatagramFault.Empty.Describe());
        else
            _log.UnknownType(
                index, datagram[0] == (byte)DatagramType.RegistrationResponse ? "unexpected" : "unknown", datagram[0]);
    }

    private void Fail(Flow flow, string message, int errno)
    {
        var carrier = flow.Lane!.Carrier;
        if (_log.May(LogLevel.Error, _now))
        {
            _log.Failed(
                carrier.Index, flow.Id, $"{message}: {Marshal.GetPInvokeErrorMessage(errno)}", _now - flow.OpenedAt);
        }
        if (flow.IsSession)
            TellOfEnd(flow, $"{message}: {Marshal.GetPInvokeErrorMessage(errno)}");
        Close(flow, failed: true);
    }
}
