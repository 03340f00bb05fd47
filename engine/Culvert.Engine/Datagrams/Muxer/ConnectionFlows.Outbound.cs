using Culvert.Engine.Datagrams.Native;
using Culvert.Engine.Datagrams.V3;
using Microsoft.Extensions.Logging;
using static Culvert.Transports.Native.LibcNumbers;

namespace Culvert.Engine.Datagrams.Muxer;

/// <summary>From the origins to the edge.</summary>
internal sealed unsafe partial class ConnectionFlows
{
    private void ReadOrigin(Flow flow)
    {
        var count = _reader.Read(flow.Socket, flow.LastRead);
        if (count < 0)
        {
            if (count is not (-EAGAIN or -EINTR))
                Fail(flow, "flow (read) connection closed", -count);
            return;
        }
        // Grows while reads come back full. What is left makes the next wait return at once.
        flow.LastRead = Math.Clamp(count == flow.LastRead ? count * 2 : count, 1, OriginReader.MaxMessages);
        var limit = Math.Min(Connection.MaxDatagramPayload, PayloadDatagram.MaxLength);
        for (var i = 0; i < count; i++)
        {
            var message = _reader.Message(i, out var length, out var size);
            var at = 0;
            do
            {
                var payload = Math.Min(size, length - at);
                if (HasSessions)
                    ReplySuffixed(flow, message, payload);
                else
                    Reply(flow, message + at, payload, limit);
                at += size;
            }
            while (at < length);
        }
    }

    // The header goes where the datagram before it was, or into the headroom: that one is copied already.
    private void Reply(Flow flow, byte* payload, int length, int limit)
    {
        if (length > DatagramSizes.MaxPayload)
        {
            _counters.Drop(DropReason.ReadTooLarge);
            if (_log.May(LogLevel.Error, _now))
                _log.TooLarge(Index, flow.Id, length);
            return;
        }
        var total = PayloadDatagram.HeaderLength + length;
        if (total > limit)
        {
            Drop(flow, DropReason.ReadExceedsPath, "flow (origin) packet does not fit the path to the edge and was dropped");
            return;
        }
        var datagram = new Span<byte>(payload - PayloadDatagram.HeaderLength, total);
        PayloadDatagram.WriteHeader(datagram, flow.Id);
        if (!_outbound.TrySend(datagram))
        {
            _counters.Drop(DropReason.SendFull);
            return;
        }
        _mustFlush = true;
        flow.LastActive = _now;
    }
}
