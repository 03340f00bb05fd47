using System.Security.Cryptography;
using Culvert.Transports.Quic.Native;
using Culvert.Transports.Quic.Tls;

namespace Culvert.Transports.Quic.Endpoints;

/// <summary>What a listener's loops and connections share.</summary>
internal sealed unsafe class ServerIdentity : IDisposable
{
    private const int SecretLength = 32;
    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(SecretLength);

    public ServerIdentity(QuicServerOptions options)
    {
        QuicRuntime.ThrowIfUnsupported();
        options.Transport.Validate();
        Transport = options.Transport;
        Priority = TlsPriorities.For(options.KeyExchange);
        Protocols = new AlpnList(options.ApplicationProtocols);
        Credentials = TlsCredentials.ForServer(options.CertificatePem, options.PrivateKeyPem);
    }

    public QuicTransportOptions Transport { get; }

    public nint Priority { get; }

    public AlpnList Protocols { get; }

    public TlsCredentials Credentials { get; }

    /// <summary>Key of address-validation tokens.</summary>
    public ReadOnlySpan<byte> Secret => _secret;

    /// <summary>Writes the 16-byte stateless reset token of a connection id (RFC 9000 section 10.3.2).</summary>
    public void ResetToken(byte* token, ngtcp2_cid* id)
    {
        fixed (byte* secret = _secret)
            _ = Ngtcp2Crypto.ngtcp2_crypto_generate_stateless_reset_token(token, secret, SecretLength, id);
    }

    public void Dispose() => Credentials.Dispose();
}
