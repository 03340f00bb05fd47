using System.Security.Cryptography;
using Culvert.Transports.Quic.Native;
using Culvert.Transports.Quic.Tls;

namespace Culvert.Transports.Quic.Endpoints;

/// <summary>What a listener's loops and connections share.</summary>
internal sealed unsafe class ServerIdentity : IDisposable
{
    private const int SecretLength = 32;
    private readonly byte[] _secret;
    private readonly Lock _gate = new();
    private TlsCredentials _credentials;
    private bool _disposed;

    public ServerIdentity(QuicServerOptions options)
    {
        QuicRuntime.ThrowIfUnsupported();
        options.Transport.Validate();
        if (options.ResetKey.Length is not (0 or SecretLength))
            throw new ArgumentException($"The key of resets has {SecretLength} bytes.", nameof(options));
        _secret = options.ResetKey.IsEmpty ? RandomNumberGenerator.GetBytes(SecretLength) : options.ResetKey.ToArray();
        Transport = options.Transport;
        Priority = TlsPriorities.For(options.KeyExchange);
        Protocols = new AlpnList(options.ApplicationProtocols);
        _credentials = TlsCredentials.ForServer(options.CertificatePem, options.PrivateKeyPem);
    }

    public QuicTransportOptions Transport { get; }

    public nint Priority { get; }

    public AlpnList Protocols { get; }

    /// <summary>Key of address-validation tokens and of reset tokens.</summary>
    public ReadOnlySpan<byte> Secret => _secret;

    /// <summary>What clients are shown now; the caller disposes it once.</summary>
    public TlsCredentials ShareCredentials()
    {
        lock (_gate)
            return _credentials.Share();
    }

    /// <summary>Shows something else from the next session on; sessions keep what they began with. Any thread.</summary>
    /// <exception cref="ArgumentException">The certificate or key cannot be read; the old one stays.</exception>
    public void Present(string certificatePem, string privateKeyPem)
    {
        var other = TlsCredentials.ForServer(certificatePem, privateKeyPem);
        lock (_gate)
        {
            if (!_disposed)
                (_credentials, other) = (other, _credentials);
        }
        other.Dispose();
    }

    /// <summary>Writes the 16-byte stateless reset token of a connection id (RFC 9000 section 10.3.2).</summary>
    public void ResetToken(byte* token, ngtcp2_cid* id)
    {
        fixed (byte* secret = _secret)
            _ = Ngtcp2Crypto.ngtcp2_crypto_generate_stateless_reset_token(token, secret, SecretLength, id);
    }

    public void Dispose()
    {
        lock (_gate)
            _disposed = true;
        _credentials.Dispose();
    }
}
