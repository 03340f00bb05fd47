using System.Threading.Channels;
using Culvert.Transports.Quic.Connections;
using Culvert.Transports.Quic.Loop;
using Culvert.Transports.Quic.Native;

namespace Culvert.Transports.Quic.Endpoints;

/// <summary>
/// A server loop's packets of no known connection: starts handshakes within limits, answers the rest without keeping
/// anything (version negotiation, Retry, stateless reset). Nothing here is authenticated, so nothing here trusts.
/// </summary>
internal sealed unsafe class FrontDoor(EndpointLoop loop, ServerIdentity identity, QuicServerOptions options,
    ChannelWriter<QuicConnection> accepted)
{
    private readonly HandshakeLimits _limits = new(options);
    private readonly StatelessReplies _replies = new(loop, identity);
    private volatile bool _closed;

    public ServerIdentity Identity => identity;

    /// <summary>Unfinished handshakes now.</summary>
    public int Handshakes => _limits.Count;

    /// <summary>Packets that were turned away by a limit.</summary>
    public long Refused { get; private set; }

    /// <summary>Whether every client is refused. Any thread may set it.</summary>
    public bool IsClosed
    {
        get => _closed;
        set => _closed = value;
    }

    /// <summary>Retry packets sent.</summary>
    public long Retries { get; private set; }

    public void Receive(byte* packet, int length, ref ReceivedMessage message)
    {
        ngtcp2_version_cid ids;
        var result = Ngtcp2.ngtcp2_pkt_decode_version_cid(&ids, packet, (nuint)length, ConnectionIdTable.Length);
        if (result == Ngtcp2Errors.VersionNegotiation)
        {
            _replies.SendVersionNegotiation(in ids, length, ref message);
            return;
        }
        if (result != 0)
            return;
        if ((packet[0] & 0x80) == 0)
        {
            _replies.SendReset(in ids, length, ref message);
            return;
        }
        ngtcp2_pkt_hd header;
        if (Ngtcp2.ngtcp2_accept(&header, packet, (nuint)length) != 0)
            return;
        Knock(&header, packet, length, ref message);
    }

    /// <summary>
    /// Offers a finished handshake to the application. False when its backlog is full, or nobody is let in any more.
    /// </summary>
    public bool Admit(ConnectionCore connection) => !_closed && accepted.TryWrite(connection.Connection);

    public void HandshakeEnded(in UdpAddress remote) => _limits.Ended(in remote);

    public void NoteFailedHandshake() => _limits.NoteFailure(loop.Now);

    private void Knock(ngtcp2_pkt_hd* header, byte* packet, int length, ref ReceivedMessage message)
    {
        ngtcp2_cid originalDcid;
        var proof = _replies.VerifyToken(header, ref message, &originalDcid);
        if (proof == TokenProof.Invalid)
        {
            _replies.SendClose(header, QuicCloseReason.InvalidToken, ref message);
            return;
        }
        if (proof == TokenProof.None && _limits.WantsProof(loop.Now))
        {
            Retries++;
            _replies.SendRetry(header, ref message);
            return;
        }
        if (_closed || loop.ConnectionCount >= options.MaxConnections)
        {
            Refused++;
            _replies.SendClose(header, QuicCloseReason.ConnectionRefused, ref message);
            return;
        }
        if (!_limits.TryBegin(in message.Remote))
        {
            Refused++;
            return;
        }
        ConnectionCore connection;
        try
        {
            connection = ConnectionCore.Accept(loop, this, header, ref message, proof == TokenProof.Valid ? &originalDcid : null);
        }
        catch (InvalidOperationException)
        {
            // A library had no memory for one more session: this client goes without, the others stay.
            Refused++;
            _limits.Ended(in message.Remote);
            return;
        }
        connection.Read(packet, length, ref message);
    }
}
