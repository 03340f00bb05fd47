using System.Net;
using System.Runtime.InteropServices;
using Culvert.Engine.Datagrams.V2;
using Culvert.Engine.Datagrams.V3;
using Culvert.Engine.Flows;
using Culvert.Transports.Sessions;
using Microsoft.Extensions.Logging;

namespace Culvert.Engine.Datagrams.Muxer;

/// <summary>Sessions of version 2: flows that a call opens, that stay on their connection, and whose metadata is a suffix
/// (datagrams, section 3).</summary>
internal sealed unsafe partial class ConnectionFlows
{
    // The original divides the period by eight and cannot do that with all; a session this short serves nobody.
    private const long LeastIdlePeriod = 1000;

    /// <summary>Ends a session for the edge. An id that is not there is no error.</summary>
    public void CloseSession(UInt128 id)
    {
        if (!_flows.TryFind(id, out var flow))
            return;
        if (_log.May(LogLevel.Debug, _now))
            _log.SessionEnded(Index, flow.Id, "session closed by remote");
        Close(flow, failed: false);
    }

    /// <summary>Opens a session for the edge.</summary>
    /// <returns>Null, or why there is none.</returns>
    public string? OpenSession(UInt128 id, UdpSessionRequest request)
    {
        var destination = new IPEndPoint(request.DestinationIp, request.DestinationPort);
        if (_flows.TryFind(id, out _))
            return "session id is in use";
        if (_flows.Count >= _options.MaxFlows || !_muxer.Limiter.TryAcquire(FlowKind.Udp))
        {
            if (_log.May(LogLevel.Warning, _now))
                _log.TooManySessions(Index, destination.ToString());
            return "failed to start udp session due to rate limiting: too many active flows";
        }
        Span<byte> address = stackalloc byte[16];
        _ = request.DestinationIp.TryWriteBytes(address, out var length);
        var socket = Dial(address[..length], request.DestinationPort, coalesces: false);
        if (socket < 0)
        {
            _muxer.Limiter.Release();
            var error = $"unable to dial udp to origin {destination}: {Marshal.GetPInvokeErrorMessage(-socket)}";
            if (_log.May(LogLevel.Error, _now))
                _log.SessionRefused(Index, destination.ToString(), error);
            return error;
        }
        var period = (long)request.CloseAfterIdle.TotalMilliseconds;
        period = IdlePeriod(request.CloseAfterIdle <= TimeSpan.Zero ? 0 : Math.Max(period, LeastIdlePeriod));
        _counters.Opened(isSession: true);
        if (Add(id, socket, period, Index, _now) is null)
            return $"unable to dial udp to origin {destination}: the system watches no more sockets";
        if (_log.May(LogLevel.Debug, _now))
            _log.SessionOpened(Index, id, destination.ToString());
        return null;
    }

    private void TakeSuffixed(byte* data, int length)
    {
        var fault = SuffixedDatagram.Read(new ReadOnlySpan<byte>(data, length), out var datagram);
        if (fault != SuffixFault.None || datagram.Type == SuffixType.Spans)
        {
            _counters.Drop(DropReason.Malformed);
            if (_log.May(LogLevel.Error, _now))
                _log.Unparsable(Index, "Failed to demux datagram", Describe(fault, data, length));
        }
        else if (datagram.Type == SuffixType.Udp)
        {
            var id = UdpSessions.IdOf(datagram.SessionId);
            if (_flows.TryFind(id, out var flow))
            {
                Append(flow, data, datagram.Content.Length);
                return;
            }
            _counters.Drop(DropReason.FlowUnknown);
            if (_log.May(LogLevel.Error, _now))
                _log.UnknownSession(Index, id);
        }
    }

    // The message has its buffer for itself, so there is room for the suffix.
    private void ReplySuffixed(Flow flow, byte* payload, int length)
    {
        if (length > DatagramSizes.MaxPayload)
        {
            _counters.SessionPayloadTooBig();
            if (_log.May(LogLevel.Error, _now))
            {
                _log.TooBigForSession(
                    Index, flow.Id,
                    $"origin UDP payload has {length} bytes, which exceeds transport MTU {DatagramSizes.MaxPayload}");
            }
            return;
        }
        var buffer = new Span<byte>(payload, length + SuffixedDatagram.SessionIdLength + 1);
        if (!_outbound.TrySend(buffer[..SuffixedDatagram.AppendSession(buffer, length, UdpSessions.SessionOf(flow.Id))]))
        {
            _counters.Drop(DropReason.SendFull);
            return;
        }
        _mustFlush = true;
        flow.LastActive = _now;
    }

    private void TellOfEnd(Flow flow, string reason)
    {
        if (_log.May(LogLevel.Debug, _now))
            _log.SessionEnded(Index, flow.Id, reason);
        SessionEnded!(UdpSessions.SessionOf(flow.Id), reason);
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
