using System.Runtime.InteropServices;

namespace Culvert.Transports.Quic.Native;

/// <summary>The glue between ngtcp2 and GnuTLS: session set-up, tokens, and callbacks that never enter managed code.</summary>
internal static unsafe partial class Ngtcp2Crypto
{
    public const string Library = "libngtcp2_crypto_gnutls.so.8";
    public const int RetryTokenLength = 90;

    [LibraryImport(Library)]
    public static partial int ngtcp2_crypto_gnutls_configure_client_session(nint session);

    [LibraryImport(Library)]
    public static partial int ngtcp2_crypto_gnutls_configure_server_session(nint session);

    [LibraryImport(Library)]
    public static partial int ngtcp2_crypto_generate_stateless_reset_token(byte* token, byte* secret, nuint length,
        ngtcp2_cid* cid);

    [LibraryImport(Library)]
    public static partial nint ngtcp2_crypto_generate_retry_token2(byte* token, byte* secret, nuint secretLength, uint version,
        void* remote, uint remoteLength, ngtcp2_cid* retryScid, ngtcp2_cid* originalDcid, ulong ts);

    [LibraryImport(Library)]
    public static partial int ngtcp2_crypto_verify_retry_token2(ngtcp2_cid* originalDcid, byte* token, nuint tokenLength,
        byte* secret, nuint secretLength, uint version, void* remote, uint remoteLength, ngtcp2_cid* dcid, ulong timeout,
            ulong ts);

    [LibraryImport(Library)]
    public static partial nint ngtcp2_crypto_write_retry(byte* dest, nuint destlen, uint version, ngtcp2_cid* dcid,
        ngtcp2_cid* scid,
        ngtcp2_cid* originalDcid, byte* token, nuint tokenLength);

    [LibraryImport(Library)]
    public static partial nint ngtcp2_crypto_write_connection_close(byte* dest, nuint destlen, uint version, ngtcp2_cid* dcid,
        ngtcp2_cid* scid, ulong code, byte* reason, nuint reasonLength);
}
