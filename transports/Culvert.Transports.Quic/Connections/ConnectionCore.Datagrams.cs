using Culvert.Transports.Datagrams;
using Culvert.Transports.Quic.Datagrams;
using Culvert.Transports.Quic.Native;

namespace Culvert.Transports.Quic.Connections;

internal sealed unsafe partial class ConnectionCore
{
    // First byte, packet number, AEAD tag, frame type and length: what a packet needs beside the payload and the id.
    private const int DatagramOverhead = 1 + 4 + 16 + 3;

    private int _datagramLimit;
    private long _datagramsSent;
    private long _datagramsReceived;
    private long _datagramsTooLarge;
    private DatagramSender[] _senders = [];
    private IDatagramReceiver? _wantedReceiver;
    private IDatagramReceiver? _receiver;
    private bool _receiverHasEnded;

    /// <summary>Any thread: the largest payload that fits a packet now.</summary>
    public int MaxDatagramPayload => Volatile.Read(ref _datagramLimit);

    /// <summary>Any thread.</summary>
    public bool TrySendDatagram(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > Volatile.Read(ref _datagramLimit) || _closed.Task.IsCompleted)
            return false;
        lock (_datagramsOutGate)
        {
            if (!_datagramsOut.TryWrite(payload))
                return false;
        }
        Loop.Post(this);
        return true;
    }

    public void OnDatagram(byte* data, int length)
    {
        _datagramsReceived++;
        if (_receiver is { } receiver)
            receiver.Receive(new ReadOnlySpan<byte>(data, length));
        else
            Inbox.Put(data, length);
        _hasNewDatagrams = true;
        Touch();
    }

    /// <summary>Any thread.</summary>
    public DatagramSender OpenSender()
    {
        var sender = new DatagramSender(this, Settings.DatagramSendBuffer);
        while (true)
        {
            var senders = Volatile.Read(ref _senders);
            if (Interlocked.CompareExchange(ref _senders, [.. senders, sender], senders) == senders)
                return sender;
        }
    }

    /// <summary>Any thread: the loop hands over what waits and then everything that comes.</summary>
    public void StartReceiver(IDatagramReceiver receiver)
    {
        if (receiver.Descriptor >= 0 && !Loop.Socket.CanWatch)
            throw new NotSupportedException("The connection's socket can watch no other descriptor.");
        if (Interlocked.CompareExchange(ref _wantedReceiver, receiver, null) is not null)
            throw new InvalidOperationException("The connection's datagrams have a receiver already.");
        Loop.Post(this);
    }

    private void HandOverDatagrams()
    {
        if (_receiver is not null || Volatile.Read(ref _wantedReceiver) is not { } receiver)
            return;
        while (Inbox.TryPeek(out var data, out var length))
        {
            receiver.Receive(new ReadOnlySpan<byte>(data, length));
            Inbox.Pop();
        }
        receiver.EndBatch();
        _receiver = receiver;
        if (receiver.Descriptor >= 0)
            Loop.Watch(receiver);
    }

    // Also one that was not handed anything over yet: it came with the end.
    private void EndReceiver()
    {
        if (_receiverHasEnded || Volatile.Read(ref _wantedReceiver) is not { } receiver)
            return;
        _receiverHasEnded = true;
        Loop.Unwatch(receiver);
        receiver.Ended();
    }

    private void UpdateDatagramLimit()
    {
        if (!HandshakeDone)
            return;
        var remote = Ngtcp2.ngtcp2_conn_get_remote_transport_params(Handle);
        var frame = remote is null ? 0 : remote->max_datagram_frame_size;
        var packet = (int)Ngtcp2.ngtcp2_conn_get_path_max_tx_udp_payload_size(Handle);
        var fits = packet - DatagramOverhead - (int)Ngtcp2.ngtcp2_conn_get_dcid(Handle)->datalen;
        Volatile.Write(ref _datagramLimit, frame <= 3 ? 0 : (int)Math.Min((ulong)fits, frame - 3));
    }

    private nint WriteDatagrams(byte* dest, nuint size, ngtcp2_path* path, ngtcp2_pkt_info* info)
    {
        var result = WriteDatagrams(_datagramsOut, dest, size, path, info);
        var senders = Volatile.Read(ref _senders);
        for (var i = 0; i < senders.Length && result == Ngtcp2Errors.WriteMore; i++)
            result = WriteDatagrams(senders[i].Ring, dest, size, path, info);
        return result;
    }

    private nint WriteDatagrams(DatagramRing ring, byte* dest, nuint size, ngtcp2_path* path, ngtcp2_pkt_info* info)
    {
        while (ring.TryPeek(out var data, out var length))
        {
            // ngtcp2 answers "nothing written" to one that does not fit, as it does for congestion, so look first.
            if (length > _datagramLimit)
            {
                _datagramsTooLarge++;
                ring.Pop();
                continue;
            }
            var vector = new ngtcp2_vec { @base = data, len = (nuint)length };
            int accepted = 0;
            var result = Ngtcp2.ngtcp2_conn_writev_datagram_versioned(Handle, path, Ngtcp2.PktInfoVersion, info, dest, size,
                &accepted,
                Ngtcp2.WriteMore, 0, &vector, length == 0 ? 0u : 1u, Loop.Now);
            if (accepted != 0)
            {
                _datagramsSent++;
                ring.Pop();
            }
            if (result is Ngtcp2Errors.InvalidArgument or Ngtcp2Errors.InvalidState)
            {
                _datagramsTooLarge++;
                ring.Pop();
                continue;
            }
            if (result != Ngtcp2Errors.WriteMore)
                return result;
        }
        return Ngtcp2Errors.WriteMore;
    }
}
