using System.Net;
using System.Runtime.InteropServices;
using Culvert.Engine.Datagrams.V2;
using Culvert.Engine.Datagrams.V3;
using Culvert.Engine.Flows;
using Microsoft.Extensions.Logging;

namespace Culvert.Engine.Datagrams.Muxer;

/// <summary>Sessions of version 2: flows that a call opens, that stay on their connection, and whose metadata is a suffix
/// (datagrams, section 3).</summary>
internal sealed unsafe partial class FlowShard
{
    // The original divides the period by eight and cannot do that with all; a session this short serves nobody.
    private const long LeastIdlePeriod = 1000;

    private void Run(SessionCommand command)
    {
        if (command.Request is not null)
        {
            command.Complete(OpenSession(command.Lane, command.Id, command.Request));
            return;
        }
        // An id that is not there is no error; an id of another connection is not this one's to end.
        if (_flows.TryFind(command.Id, out var flow) && flow.Lane == command.Lane)
        {
            if (_log.May(LogLevel.Debug, _now))
                _log.SessionEnded(command.Lane.Carrier.Index, flow.Id, "session closed by remote");
            Close(flow, failed: false);
        }
        command.Complete(null);
    }

    private string? OpenSession(CarrierLane lane, UInt128 id, Transports.Sessions.UdpSessionRequest request)
    {
        var index = lane.Carrier.Index;
        var destination = new IPEndPoint(request.DestinationIp, request.DestinationPort);
        if (lane.HasEnded)
            return "the connection has ended";
        if (_flows.TryFind(id, out _))
            return "session id is in use";
        if (_flows.Count >= _options.MaxFlows || !_limiter.TryAcquire(FlowKind.Udp))
        {
            if (_log.May(LogLevel.Warning, _now))
                _log.TooManySessions(index, destination.ToString());
            return "failed to start udp session due to rate limiting: too many active flows";
        }
        Span<byte> address = stackalloc byte[16];
        _ = request.DestinationIp.TryWriteBytes(address, out var length);
        var socket = Dial(address[..length], request.DestinationPort, coalesces: false);
        if (socket < 0)
        {
            _limiter.Release();
            var error = $"unable to dial udp to origin {destination}: {Marshal.GetPInvokeErrorMessage(-socket)}";
            if (_log.May(LogLevel.Error, _now))
                _log.SessionRefused(index, destination.ToString(), error);
            return error;
        }
        var period = (long)request.CloseAfterIdle.TotalMilliseconds;
        if (Add(lane, id, socket, request.CloseAfterIdle <= TimeSpan.Zero ? 0 : Math.Max(period, LeastIdlePeriod)) is null)
            return $"unable to dial udp to origin {destination}: the system watches no more sockets";
        if (_log.May(LogLevel.Debug, _now))
            _log.SessionOpened(index, id, destination.ToString());
        return null;
    }

    private void TakeSuffixed(CarrierLane lane, byte* data, int length)
    {
        var fault = SuffixedDatagram.Read(new ReadOnlySpan<byte>(data, length), out var datagram);
        if (fault != SuffixFault.None || datagram.Type == SuffixType.Spans)
        {
            lane.Carrier.Counters.Drop(DropReason.Malformed);
            if (_log.May(LogLevel.Error, _now))
                _log.Unparsable(lane.Carrier.Index, "Failed to demux datagram", Describe(fault, data, length));
        }
        else if (datagram.Type == SuffixType.Udp)
        {
            var id = UdpSessions.IdOf(datagram.SessionId);
            if (_flows.TryFind(id, out var flow) && flow.Lane == lane)
            {
                Append(flow, data, datagram.Content.Length);
                return;
            }
            lane.Carrier.Counters.Drop(DropReason.FlowUnknown);
            if (_log.May(LogLevel.Error, _now))
                _log.UnknownSession(lane.Carrier.Index, id);
        }
    }

    // The message has its buffer for itself, so there is room for the suffix.
    private void ReplySuffixed(Flow flow, CarrierLane lane, byte* payload, int length)
    {
        if (length > DatagramSizes.MaxPayload)
        {
            lane.Carrier.Counters.SessionPayloadTooBig();
            if (_log.May(LogLevel.Error, _now))
            {
                _log.TooBigForSession(
                    lane.Carrier.Index, flow.Id,
                    $"origin UDP payload has {length} bytes, which exceeds transport MTU {DatagramSizes.MaxPayload}");
            }
            return;
        }
        var buffer = new Span<byte>(payload, length + SuffixedDatagram.SessionIdLength + 1);
        if (!lane.Outbound.TrySend(buffer[..SuffixedDatagram.AppendSession(buffer, length, UdpSessions.SessionOf(flow.Id))]))
        {
            lane.Carrier.Counters.Drop(DropReason.SendFull);
            return;
        }
        lane.MustFlush = true;
        flow.LastActive = _now;
    }

    private void TellOfEnd(Flow flow, string reason)
    {
        if (_log.May(LogLevel.Debug, _now))
            _log.SessionEnded(flow.Lane!.Carrier.Index, flow.Id, reason);
        flow.Lane!.Carrier.SessionEnded!(UdpSessions.SessionOf(flow.Id), reason);
    }

    private static string Describe(SuffixFault fault, byte* data, int length) => fault switch
    {
        SuffixFault.None => $"unexpected datagram type {(byte)SuffixType.Spans}",
        SuffixFault.Empty => "QUIC datagram should have at least 1 byte",
        SuffixFault.SessionIdCut => $"session ID has 16 bytes, but data only has {length - 1}",
        SuffixFault.TraceIdentityCut => $"packet with tracing context should have at least 25 bytes, got {length - 1}",
        _ => $"unexpected datagram type {data[length - 1]}",
    };
}
