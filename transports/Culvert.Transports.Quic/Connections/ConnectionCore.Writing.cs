using Culvert.Transports.Quic.Loop;
using Culvert.Transports.Quic.Native;
using Culvert.Transports.Quic.Streams;

namespace Culvert.Transports.Quic.Connections;

internal sealed unsafe partial class ConnectionCore
{
    // One stream keeps the front for so many bytes, so that a hundred busy ones share a connection without thrashing caches.
    private const int StreamTurn = 16 * 1024;

    // Below this round trip the first send limit is 500 MB/s, and more memory in use only costs the processor's cache.
    private const ulong LongPath = 2 * LoopClock.Millisecond;

    private StreamCore? _readyFirst;
    private StreamCore? _readyLast;
    private long _mayFly;
    private bool _pathIsLong;
    private int _turnUsed;
    private long _packetsSent;
    private long _bytesSent;

    /// <summary>Queues a stream that has something to send.</summary>
    public void AddReady(StreamCore stream)
    {
        if (stream.IsReady)
            return;
        stream.IsReady = true;
        stream.NextReady = null;
        if (_readyLast is null)
            _readyFirst = stream;
        else
            _readyLast.NextReady = stream;
        _readyLast = stream;
    }

    /// <summary>Writes packets until there is nothing to say, the network's turn is over, or the kernel takes no more.</summary>
    public void WritePass()
    {
        _isDirty = false;
        if (IsClosed)
            return;
        _pollsLeft = _pollStops ? PollsPerPass : 0;
        _pollStops = false;
        ngtcp2_conn_info flight;
        Ngtcp2.ngtcp2_conn_get_conn_info_versioned(Handle, Ngtcp2.ConnInfoVersion, &flight);
        _mayFly = FlightLimit.Room(in flight, Loop.Socket.ReceiveBuffer);
        _pathIsLong = flight.min_rtt >= LongPath;
        var writer = Loop.Writer;
        var budget = (long)Math.Min(Ngtcp2.ngtcp2_conn_get_send_quantum(Handle), UdpSocket.MaxRunBytes);
        var size = MaxPacket;
        long written = 0;
        nint result;
        ngtcp2_path_storage storage;
        ngtcp2_pkt_info info;
        do
        {
            PreparePath(&storage);
            info.ecn = 0;
            result = WritePacket(writer.Reserve(size), (nuint)size, &storage.path, &info);
            if (result <= 0)
                break;
            written += result;
            _mayFly -= result;
            _packetsSent++;
            if (!writer.Commit((int)result, &storage.path, info.ecn))
                break;
        }
        while (written + size <= budget);
        writer.Flush();
        if (result < 0)
        {
            Fail((int)result);
            return;
        }
        if (written > 0)
        {
            _bytesSent += written;
            Ngtcp2.ngtcp2_conn_update_pkt_tx_time(Handle, Loop.Now);
            UpdateDatagramLimit();
            RefreshStatistics();
        }
        if (result > 0)
            MarkDirty();
        UpdateTimer();
    }

    private static void PreparePath(ngtcp2_path_storage* storage)
    {
        storage->path.local.addr = storage->local_addrbuf;
        storage->path.local.addrlen = 0;
        storage->path.remote.addr = storage->remote_addrbuf;
        storage->path.remote.addrlen = 0;
        storage->path.user_data = null;
    }

    // Fills one packet from datagrams and streams. After "write more" only writes are allowed until the packet is finished.
    private nint WritePacket(byte* dest, nuint size, ngtcp2_path* path, ngtcp2_pkt_info* info)
    {
        nint result;
        if (_mayFly <= 0)
            return FinishPacket(dest, size, path, info);
        if (HandshakeDone)
        {
            result = WriteDatagrams(dest, size, path, info);
            if (result != Ngtcp2Errors.WriteMore)
                return result;
        }
        while (_readyFirst is { } stream)
        {
            result = WriteStream(stream, dest, size, path, info);
            if (result != Ngtcp2Errors.WriteMore)
                return result;
        }
        return FinishPacket(dest, size, path, info);
    }

    private nint WriteStream(StreamCore stream, byte* dest, nuint size, ngtcp2_path* path, ngtcp2_pkt_info* info)
    {
        const int most = 4;
        if (!stream.CanSend)
        {
            PopReady();
            return Ngtcp2Errors.WriteMore;
        }
        var vectors = stackalloc ngtcp2_vec[most];
        var output = stream.Output;
        var count = output.Describe(vectors, most, size, out var toTheEnd);
        var fin = toTheEnd && output.FinReady;
        var flags = fin ? Ngtcp2.WriteMore | Ngtcp2.WriteFin : Ngtcp2.WriteMore;
        nint taken = -1;
        var result = Ngtcp2.ngtcp2_conn_writev_stream_versioned(Handle, path, Ngtcp2.PktInfoVersion, info, dest, size, &taken,
            flags,
            stream.Id, vectors, (nuint)count, Loop.Now);
        if (taken >= 0 && (result > 0 || result == Ngtcp2Errors.WriteMore))
            NoteTaken(stream, vectors, count, taken, fin);
        switch (result)
        {
            case Ngtcp2Errors.StreamDataBlocked:
                stream.IsBlocked = true;
                PopReady();
                return Ngtcp2Errors.WriteMore;
            case Ngtcp2Errors.StreamShutWrite or Ngtcp2Errors.StreamNotFound:
                stream.OnStopped();
                PopReady();
                return Ngtcp2Errors.WriteMore;
            default:
                return result;
        }
    }

    private void NoteTaken(StreamCore stream, ngtcp2_vec* vectors, int count, nint taken, bool fin)
    {
        nint offered = 0;
        for (var i = 0; i < count; i++)
            offered += (nint)vectors[i].len;
        stream.Output.Sent(taken, fin && taken == offered);
        _turnUsed += (int)taken;
        if (!stream.Output.HasWork)
        {
            if (_pathIsLong)
                stream.Output.Grow();
            PopReady();
        }
        else if (_turnUsed >= StreamTurn && _readyFirst != _readyLast)
        {
            PopReady();
            AddReady(stream);
        }
    }

    private void PopReady()
    {
        var stream = _readyFirst!;
        _readyFirst = stream.NextReady;
        if (_readyFirst is null)
            _readyLast = null;
        stream.NextReady = null;
        stream.IsReady = false;
        _turnUsed = 0;
    }

    private void RemoveReady(StreamCore stream)
    {
        if (!stream.IsReady)
            return;
        if (_readyFirst == stream)
        {
            PopReady();
            return;
        }
        var before = _readyFirst!;
        while (before.NextReady != stream)
            before = before.NextReady!;
        before.NextReady = stream.NextReady;
        if (_readyLast == stream)
            _readyLast = before;
        stream.NextReady = null;
        stream.IsReady = false;
    }
}
