using Culvert.Transports.Quic.Loop;
using Culvert.Transports.Quic.Native;

namespace Culvert.Transports.Quic.Connections;

internal sealed unsafe partial class ConnectionCore
{
    private ulong _lastReceived;
    private bool _handshakeCompleted;
    private bool _handshakeCounted;
    private bool _pathMayHaveChanged;
    private long _packetsReceived;
    private long _bytesReceived;

    /// <summary>Feeds one packet, which is decrypted in place.</summary>
    public void Read(byte* packet, int length, ref ReceivedMessage message)
    {
        if (IsClosed)
        {
            AnswerAfterClose(length);
            return;
        }
        _packetsReceived++;
        _bytesReceived += length;
        int result;
        fixed (byte* local = message.Local.Bytes, remote = message.Remote.Bytes, ownLocal = _local.Bytes)
        {
            var path = new ngtcp2_path
            {
                local = FrontDoor is null
                    ? new ngtcp2_addr { addr = ownLocal, addrlen = _local.Length }
                    : new ngtcp2_addr { addr = local, addrlen = message.Local.Length },
                remote = new ngtcp2_addr { addr = remote, addrlen = message.Remote.Length },
            };
            var info = new ngtcp2_pkt_info { ecn = message.Ecn };
            result = Ngtcp2.ngtcp2_conn_read_pkt_versioned(Handle, &path, Ngtcp2.PktInfoVersion, &info, packet, (nuint)length,
                Loop.Now);
        }
        if (result != 0)
        {
            Fail(result);
            return;
        }
        _lastReceived = Loop.Now;
        if (_handshakeCompleted && !HandshakeDone)
            FinishHandshake();
        if (IsClosed)
            return;
        if (_pathMayHaveChanged)
            FollowPath();
        _pollStops = true;
        MarkDirty();
    }

    // The peer's address translation gave it another address, and ngtcp2 has checked that it answers there.
    private void FollowPath()
    {
        _pathMayHaveChanged = false;
        var path = Ngtcp2.ngtcp2_conn_get_path(Handle);
        if (_remote.Matches(path->remote.addr, path->remote.addrlen))
            return;
        _remote = UdpAddress.From(path->remote.addr, path->remote.addrlen);
        Volatile.Write(ref _remoteEndPoint, _remote.ToEndPoint());
    }

    private void FinishHandshake()
    {
        HandshakeDone = true;
        ApplicationProtocol = _tls!.SelectedProtocol;
        KeyExchangeGroup = _tls.Group;
        UpdateDatagramLimit();

        // The announced window is the reference's, and a single stream that nobody reads can fill it; from here on no few can.
        Ngtcp2.ngtcp2_conn_extend_max_offset(
            Handle, (ulong)Math.Max(0, Settings.MaxConnectionWindow - Settings.InitialConnectionWindow));
        if (FrontDoor is null)
        {
            _connecting?.TrySetResult(Connection);
            return;
        }
        Ngtcp2.ngtcp2_conn_set_tls_native_handle(Handle, 0);
        _tls.Dispose();
        _tls = null;
        Loop.Ids.Remove(in _clientDcid, this);
        ReportHandshake();
        if (!FrontDoor.Admit(this))
            Close(new QuicCloseReason(QuicCloseKind.Transport, false, QuicCloseReason.ConnectionRefused, "accept backlog full"));
    }

    /// <summary>Acts on an error of ngtcp2: some mean silence, some a close of our own.</summary>
    private void Fail(int result)
    {
        switch (result)
        {
            case Ngtcp2Errors.Draining:
                Close(PeerReason(), sendFrame: false);
                break;
            case Ngtcp2Errors.IdleClose:
                Close(new QuicCloseReason(QuicCloseKind.IdleTimeout, false, 0, ""), sendFrame: false);
                break;
            case Ngtcp2Errors.HandshakeTimeout:
                Close(new QuicCloseReason(QuicCloseKind.HandshakeTimeout, false, 0, ""), sendFrame: false);
                break;
            case Ngtcp2Errors.ReceivedVersionNegotiation:
                Close(new QuicCloseReason(QuicCloseKind.VersionMismatch, true, 0, ""), sendFrame: false);
                break;
            case Ngtcp2Errors.DropConnection or Ngtcp2Errors.Closing or Ngtcp2Errors.Retry:
                FrontDoor?.NoteFailedHandshake();
                Close(QuicCloseReason.Internal("the first packets were not valid"), sendFrame: false, lingers: false);
                break;
            case Ngtcp2Errors.Crypto:
                var alert = Ngtcp2.ngtcp2_conn_get_tls_alert(Handle);
                var text = _tls?.VerificationFailure is { } why
                    ? $"the peer's certificate was refused: {why}" : $"TLS alert {alert}";
                Close(new QuicCloseReason(QuicCloseKind.Transport, false, QuicCloseReason.CryptoError + alert, text),
                    libraryError: result);
                break;
            default:
                if (_callbackFault is { } fault)
                    Close(QuicCloseReason.Internal(fault.Message), libraryError: result);
                else
                    Close(new QuicCloseReason(QuicCloseKind.Transport, false, TransportCode(result), Ngtcp2.Describe(result)),
                        libraryError: result);
                break;
        }
    }

    private static ulong TransportCode(int result)
    {
        ngtcp2_ccerr error;
        Ngtcp2.ngtcp2_ccerr_default(&error);
        Ngtcp2.ngtcp2_ccerr_set_liberr(&error, result, null, 0);
        return error.error_code;
    }

    private QuicCloseReason PeerReason()
    {
        const int longestText = 1024;
        var error = Ngtcp2.ngtcp2_conn_get_ccerr(Handle);
        if (_statelessReset)
            return new QuicCloseReason(QuicCloseKind.StatelessReset, true, 0, "");
        var text = error->reasonlen == 0 ? "" : System.Text.Encoding.UTF8.GetString(error->reason,
            (int)Math.Min(error->reasonlen, longestText));
        var kind = error->type == 1 ? QuicCloseKind.Application : QuicCloseKind.Transport;
        return new QuicCloseReason(kind, true, error->error_code, text);
    }
}
