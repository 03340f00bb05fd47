using System.Security.Cryptography;
using Culvert.Transports.Quic.Loop;
using Culvert.Transports.Quic.Native;

namespace Culvert.Transports.Quic.Endpoints;

internal enum TokenProof
{
    None,
    Valid,
    Invalid,
}

/// <summary>Answers that need no connection. None is larger than what it answers.</summary>
internal sealed unsafe class StatelessReplies(EndpointLoop loop, ServerIdentity identity)
{
    private const int LeastInitial = 1200;
    private const int UnreadableToken = -202;
    private const int ResetsPerSecond = 1000;
    private static readonly ulong TokenLifetime = 10 * LoopClock.Second;

    private ulong _second;
    private int _resets;

    public void SendVersionNegotiation(in ngtcp2_version_cid ids, int length, ref ReceivedMessage message)
    {
        if (length < LeastInitial)
            return;
        // One reserved number keeps clients honest about ignoring what they do not know (RFC 9000 section 6.3).
        var versions = stackalloc uint[] { 0x1a2a3a4a, Ngtcp2.ProtocolV1 };
        var packet = stackalloc byte[256];
        var written = Ngtcp2.ngtcp2_pkt_write_version_negotiation(packet, 256, (byte)RandomNumberGenerator.GetInt32(256),
            ids.scid,
            ids.scidlen, ids.dcid, ids.dcidlen, versions, 2);
        Send(packet, written, ref message);
    }

    public void SendReset(in ngtcp2_version_cid ids, int length, ref ReceivedMessage message)
    {
        const int least = 21, usual = 43;
        // Smaller than the packet it answers, or two endpoints could answer each other's resets for ever.
        var size = Math.Min(length - 1, usual);
        if (size < least || ids.dcidlen != ConnectionIdTable.Length || !MayReset())
            return;
        var id = default(ngtcp2_cid);
        id.datalen = ids.dcidlen;
        Buffer.MemoryCopy(ids.dcid, id.data, ngtcp2_cid.MaxLength, (long)ids.dcidlen);
        var token = stackalloc byte[16];
        identity.ResetToken(token, &id);
        var random = stackalloc byte[usual];
        RandomNumberGenerator.Fill(new Span<byte>(random, usual));
        var packet = stackalloc byte[usual];
        Send(packet, Ngtcp2.ngtcp2_pkt_write_stateless_reset(packet, (nuint)size, token, random, (nuint)size - 16), ref message);
    }

    public void SendRetry(ngtcp2_pkt_hd* header, ref ReceivedMessage message)
    {
        var scid = loop.Ids.NewId();
        var token = stackalloc byte[Ngtcp2Crypto.RetryTokenLength];
        var packet = stackalloc byte[512];
        nint length;
        fixed (byte* secret = identity.Secret, remote = message.Remote.Bytes)
        {
            length = Ngtcp2Crypto.ngtcp2_crypto_generate_retry_token2(token, secret, (nuint)identity.Secret.Length,
                header->version,
                remote, message.Remote.Length, &scid, &header->dcid, loop.Now);
        }
        if (length < 0)
            return;
        var written = Ngtcp2Crypto.ngtcp2_crypto_write_retry(packet, 512, header->version, &header->scid, &scid, &header->dcid,
            token,
            (nuint)length);
        Send(packet, written, ref message);
    }

    public void SendClose(ngtcp2_pkt_hd* header, ulong code, ref ReceivedMessage message)
    {
        var packet = stackalloc byte[512];
        var written = Ngtcp2Crypto.ngtcp2_crypto_write_connection_close(packet, 512, header->version, &header->scid,
            &header->dcid, code,
            null, 0);
        Send(packet, written, ref message);
    }

    public TokenProof VerifyToken(ngtcp2_pkt_hd* header, ref ReceivedMessage message, ngtcp2_cid* originalDcid)
    {
        if (header->tokenlen == 0)
            return TokenProof.None;
        fixed (byte* secret = identity.Secret, remote = message.Remote.Bytes)
        {
            var result = Ngtcp2Crypto.ngtcp2_crypto_verify_retry_token2(originalDcid, header->token, header->tokenlen, secret,
                (nuint)identity.Secret.Length, header->version, remote, message.Remote.Length, &header->dcid, TokenLifetime,
                    loop.Now);
            // A token that is not one of ours is no proof, but no offence either (RFC 9000 section 8.1.3).
            return result == 0 ? TokenProof.Valid : result == UnreadableToken ? TokenProof.None : TokenProof.Invalid;
        }
    }

    private bool MayReset()
    {
        var second = loop.Now / LoopClock.Second;
        if (second != _second)
            (_second, _resets) = (second, 0);
        return ++_resets <= ResetsPerSecond;
    }

    private void Send(byte* packet, nint length, ref ReceivedMessage message)
    {
        if (length > 0)
            loop.Writer.SendAlone(packet, (int)length, in message.Remote, in message.Local);
    }
}
