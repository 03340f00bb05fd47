using System.Text;
using Culvert.Transports.Quic.Loop;
using Culvert.Transports.Quic.Native;

namespace Culvert.Transports.Quic.Connections;

internal sealed unsafe partial class ConnectionCore
{
    private readonly List<ngtcp2_cid> _ids = [];
    private QuicCloseReason? _closeRequest;
    private QuicCloseReason? _reason;
    private ngtcp2_cid _clientDcid;
    private Exception? _callbackFault;
    private bool _statelessReset;
    private byte[]? _closePacket;
    private int _packetsAfterClose;

    /// <summary>Any thread: asks for the close; <see cref="Closed"/> completes when it is done.</summary>
    public void RequestClose(ulong code, string text)
    {
        Interlocked.CompareExchange(ref _closeRequest, new QuicCloseReason(QuicCloseKind.Application, false, code, text), null);
        Loop.Post(this);
    }

    /// <summary>
    /// Ends the connection: says so to the peer unless told otherwise, frees ngtcp2's state, fails what waits. The ids stay
    /// for the closing period, so that late packets get the close again (RFC 9000 section 10.2).
    /// </summary>
    public void Close(QuicCloseReason reason, bool sendFrame = true, bool lingers = true, int libraryError = 0)
    {
        if (IsClosed)
            return;
        if (sendFrame)
            SendClose(reason, libraryError);
        var linger = 3 * Ngtcp2.ngtcp2_conn_get_pto(Handle);
        IsClosed = true;
        _reason = reason;
        Ngtcp2.ngtcp2_conn_del(Handle);
        Handle = 0;
        _tls?.Dispose();
        _tls = null;
        FailStreams(reason);
        _self.Free();
        ReportHandshake();
        _closed.TrySetResult(reason);
        Touch();
        Cancellation.Request(_closedSource);
        _connecting?.TrySetException(new QuicConnectionException(reason));
        if (lingers && FrontDoor is not null)
            Loop.Timers.Set(this, Loop.Now + linger);
        else
            Forget();
    }

    public Exception Ended() => new QuicConnectionException(_reason ?? QuicCloseReason.Internal("The connection has ended."));

    /// <summary>A server's handshake has ended, either way; once.</summary>
    public void ReportHandshake()
    {
        if (_handshakeCounted)
            return;
        _handshakeCounted = true;
        FrontDoor?.HandshakeEnded(in _remote);
    }

    private void FailStreams(QuicCloseReason reason)
    {
        var error = new QuicConnectionException(reason);
        for (var stream = _streams; stream is not null; stream = stream.Next)
            stream.OnConnectionClosed(error);
        _streams = _readyFirst = _readyLast = null;
        while (_waitingOpens.TryDequeue(out var waiting))
            waiting.OpenFailed(error);
    }

    private void SendClose(QuicCloseReason reason, int libraryError)
    {
        var writer = Loop.Writer;
        if (writer.IsBlocked)
            return;
        var text = Encoding.UTF8.GetBytes(reason.Text);
        ngtcp2_ccerr error;
        ngtcp2_path_storage storage;
        ngtcp2_pkt_info info;
        PreparePath(&storage);
        info.ecn = 0;
        fixed (byte* textStart = text)
        {
            Ngtcp2.ngtcp2_ccerr_default(&error);
            var length = (nuint)Math.Min(text.Length, 256);
            if (libraryError == Ngtcp2Errors.Crypto)
                Ngtcp2.ngtcp2_ccerr_set_tls_alert(&error, (byte)(reason.ErrorCode & 0xff), null, 0);
            else if (libraryError != 0)
                Ngtcp2.ngtcp2_ccerr_set_liberr(&error, libraryError, null, 0);
            else if (reason.Kind == QuicCloseKind.Application)
                Ngtcp2.ngtcp2_ccerr_set_application_error(&error, reason.ErrorCode, textStart, length);
            else
                Ngtcp2.ngtcp2_ccerr_set_transport_error(&error, reason.ErrorCode, textStart, length);
            var size = MaxPacket;
            var dest = writer.Reserve(size);
            var written = (int)Ngtcp2.ngtcp2_conn_write_connection_close_versioned(Handle, &storage.path, Ngtcp2.PktInfoVersion,
                &info,
                dest, (nuint)size, &error, Loop.Now);
            if (written <= 0)
                return;
            if (FrontDoor is not null)
                _closePacket = new ReadOnlySpan<byte>(dest, written).ToArray();
            writer.Commit(written, &storage.path, info.ecn);
            writer.Flush();
        }
    }

    // Every packet of a peer that has not noticed draws the close again, but ever more rarely.
    private void AnswerAfterClose(int length)
    {
        _packetsAfterClose++;
        if (_closePacket is null || !int.IsPow2(_packetsAfterClose) || _closePacket.Length > 3 * length)
            return;
        fixed (byte* packet = _closePacket)
            Loop.Writer.SendAlone(packet, _closePacket.Length, in _remote, in _local);
    }

    private void Forget()
    {
        foreach (var id in _ids)
            Loop.Ids.Remove(in id, this);
        Loop.Ids.Remove(in _clientDcid, this);
        Loop.Remove(this);
    }
}
