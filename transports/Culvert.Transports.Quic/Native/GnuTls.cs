using System.Runtime.InteropServices;

namespace Culvert.Transports.Quic.Native;

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct gnutls_datum_t
{
    public byte* data;
    public uint size;
}

/// <summary>The TLS 1.3 handshake. Only what ngtcp2's helper does not do itself.</summary>
internal static unsafe partial class GnuTls
{
    public const string Library = "libgnutls.so.30";

    public const uint Server = 1;
    public const uint Client = 1 << 1;
    public const uint KeyShareTop = 1 << 11;
    public const uint NoAutoSendTicket = 1 << 21;
    public const uint NoEndOfEarlyData = 1 << 22;
    public const int FormatPem = 1;
    public const int CredentialsCertificate = 1;
    public const int NameDns = 1;
    public const uint AlpnMandatory = 1;
    public const uint AlpnServerPrecedence = 2;

    [LibraryImport(Library)]
    public static partial byte* gnutls_check_version(byte* required);

    [LibraryImport(Library)]
    public static partial byte* gnutls_strerror(int error);

    [LibraryImport(Library)]
    public static partial int gnutls_certificate_allocate_credentials(nint* credentials);

    [LibraryImport(Library)]
    public static partial void gnutls_certificate_free_credentials(nint credentials);

    [LibraryImport(Library)]
    public static partial int gnutls_certificate_set_x509_key_mem2(nint credentials, gnutls_datum_t* chain, gnutls_datum_t* key,
        int format, byte* password, uint flags);

    [LibraryImport(Library)]
    public static partial int gnutls_certificate_set_x509_trust_mem(nint credentials, gnutls_datum_t* roots, int format);

    [LibraryImport(Library)]
    public static partial int gnutls_certificate_set_x509_system_trust(nint credentials);

    [LibraryImport(Library)]
    public static partial int gnutls_init(nint* session, uint flags);

    [LibraryImport(Library)]
    public static partial void gnutls_deinit(nint session);

    [LibraryImport(Library)]
    public static partial int gnutls_priority_init(nint* priority, byte* text, byte** errorPosition);

    [LibraryImport(Library)]
    public static partial void gnutls_priority_deinit(nint priority);

    [LibraryImport(Library)]
    public static partial int gnutls_priority_set(nint session, nint priority);

    [LibraryImport(Library)]
    public static partial void gnutls_session_set_ptr(nint session, void* pointer);

    [LibraryImport(Library)]
    public static partial void gnutls_session_set_keylog_function(nint session, nint function);

    [LibraryImport(Library)]
    public static partial int gnutls_credentials_set(nint session, int type, nint credentials);

    [LibraryImport(Library)]
    public static partial int gnutls_alpn_set_protocols(nint session, gnutls_datum_t* protocols, uint count, uint flags);

    [LibraryImport(Library)]
    public static partial int gnutls_alpn_get_selected_protocol(nint session, gnutls_datum_t* protocol);

    [LibraryImport(Library)]
    public static partial int gnutls_server_name_set(nint session, int type, byte* name, nuint length);

    [LibraryImport(Library)]
    public static partial int gnutls_server_name_get(nint session, byte* data, nuint* length, uint* type, uint index);

    [LibraryImport(Library)]
    public static partial void gnutls_session_set_verify_cert(nint session, byte* hostname, uint flags);

    [LibraryImport(Library)]
    public static partial uint gnutls_session_get_verify_cert_status(nint session);

    [LibraryImport(Library)]
    public static partial int gnutls_group_get(nint session);

    [LibraryImport(Library)]
    public static partial byte* gnutls_group_get_name(int group);

    /// <summary>The library's text for one of its error numbers.</summary>
    public static string Describe(int error) => Marshal.PtrToStringUTF8((nint)gnutls_strerror(error)) ?? $"error {error}";
}
