using System.Runtime.InteropServices;
using System.Text;
using Culvert.Transports.Quic.Native;

namespace Culvert.Transports.Quic.Tls;

/// <summary>One GnuTLS session, driven by ngtcp2's helper. Lives from before its connection until after.</summary>
internal sealed unsafe class TlsSession : IDisposable
{
    private readonly TlsCredentials _credentials;
    private ngtcp2_crypto_conn_ref* _reference;
    private byte* _host;

    private TlsSession(TlsCredentials credentials, uint flags, nint priority, nint user)
    {
        _credentials = credentials.Share();
        nint handle;
        var result = GnuTls.gnutls_init(&handle, flags | GnuTls.NoEndOfEarlyData);
        if (result < 0)
        {
            _credentials.Dispose();
            throw new InvalidOperationException($"gnutls_init: {GnuTls.Describe(result)}");
        }
        Handle = handle;
        _reference = (ngtcp2_crypto_conn_ref*)NativeMemory.AllocZeroed((nuint)sizeof(ngtcp2_crypto_conn_ref));
        _reference->get_conn = (nint)(delegate* unmanaged[Cdecl]<ngtcp2_crypto_conn_ref*,
            nint>)&Connections.ConnectionCallbacks.GetConn;
        _reference->user_data = user;
        _ = GnuTls.gnutls_priority_set(Handle, priority);
        GnuTls.gnutls_session_set_ptr(Handle, _reference);
        // GnuTLS would write every session's secrets to the file that SSLKEYLOGFILE names.
        GnuTls.gnutls_session_set_keylog_function(Handle, 0);
        _ = GnuTls.gnutls_credentials_set(Handle, GnuTls.CredentialsCertificate, credentials.Handle);
    }

    public nint Handle { get; private set; }

    public static TlsSession Server(TlsCredentials credentials, nint priority, AlpnList protocols, nint user)
    {
        var session = new TlsSession(credentials, GnuTls.Server | GnuTls.NoAutoSendTicket, priority, user);
        _ = Ngtcp2Crypto.ngtcp2_crypto_gnutls_configure_server_session(session.Handle);
        protocols.ApplyTo(session.Handle, GnuTls.AlpnMandatory | GnuTls.AlpnServerPrecedence);
        return session;
    }

    public static TlsSession Client(TlsCredentials credentials, nint priority, AlpnList protocols, string serverName, nint user)
    {
        var session = new TlsSession(credentials, GnuTls.Client | TlsPriorities.KeyShares(priority), priority, user);
        _ = Ngtcp2Crypto.ngtcp2_crypto_gnutls_configure_client_session(session.Handle);
        protocols.ApplyTo(session.Handle, GnuTls.AlpnMandatory);
        // GnuTLS keeps the pointer, so the text must live as long as the session.
        var length = Encoding.UTF8.GetByteCount(serverName);
        session._host = (byte*)NativeMemory.AllocZeroed((nuint)length + 1);
        Encoding.UTF8.GetBytes(serverName, new Span<byte>(session._host, length));
        _ = GnuTls.gnutls_server_name_set(session.Handle, GnuTls.NameDns, session._host, (nuint)length);
        GnuTls.gnutls_session_set_verify_cert(session.Handle, session._host, 0);
        return session;
    }

    /// <summary>Why the peer's certificate was refused, or null when it was not.</summary>
    public string? VerificationFailure => CertificateStatus.Describe(GnuTls.gnutls_session_get_verify_cert_status(Handle));

    /// <summary>The application protocol both sides agreed on.</summary>
    public string? SelectedProtocol
    {
        get
        {
            gnutls_datum_t name;
            return GnuTls.gnutls_alpn_get_selected_protocol(Handle, &name) == 0
                ? Encoding.UTF8.GetString(name.data, (int)name.size)
                : null;
        }
    }

    /// <summary>The key exchange's group, by GnuTLS' name.</summary>
    public string? Group => Marshal.PtrToStringUTF8((nint)GnuTls.gnutls_group_get_name(GnuTls.gnutls_group_get(Handle)));

    public void Dispose()
    {
        if (Handle == 0)
            return;
        GnuTls.gnutls_deinit(Handle);
        Handle = 0;
        NativeMemory.Free(_reference);
        NativeMemory.Free(_host);
        _reference = null;
        _host = null;
        _credentials.Dispose();
    }
}
