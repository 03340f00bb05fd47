using Culvert.Transports.Quic.Native;
using Culvert.Transports.Quic.Streams;

namespace Culvert.Transports.Quic.Connections;

// ngtcp2 1.11 answers a STOP_SENDING by itself and tells nobody: the application's side learns of it from the next write to
// that stream. A stream with nothing to write would never learn, so the call that ends a packet names one stream after
// another instead of none, which costs nothing more.
internal sealed unsafe partial class ConnectionCore
{
    private const int PollsPerPass = 8;

    private StreamCore? _pollNext;
    private bool _pollStops;
    private int _pollsLeft;

    private nint FinishPacket(byte* dest, nuint size, ngtcp2_path* path, ngtcp2_pkt_info* info)
    {
        nint taken;
        while (_pollsLeft > 0 && NextToPoll() is { } stream)
        {
            var result = Ngtcp2.ngtcp2_conn_writev_stream_versioned(Handle, path, Ngtcp2.PktInfoVersion, info, dest, size,
                &taken, 0,
                stream.Id, null, 0, Loop.Now);
            if (result is Ngtcp2Errors.StreamShutWrite or Ngtcp2Errors.StreamNotFound)
                stream.OnStopped();
            else if (result != 0)
                return result;
        }
        return Ngtcp2.ngtcp2_conn_writev_stream_versioned(Handle, path, Ngtcp2.PktInfoVersion, info, dest, size, &taken, 0, -1,
            null, 0,
            Loop.Now);
    }

    private StreamCore? NextToPoll()
    {
        for (; _pollsLeft > 0; _pollsLeft--)
        {
            var stream = _pollNext ?? _streams;
            _pollNext = stream?.Next;
            if (stream is null || !stream.IsWorthPolling)
                continue;
            _pollsLeft--;
            return stream;
        }
        return null;
    }
}
