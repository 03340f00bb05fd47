using System.Runtime.CompilerServices;
using Culvert.Transports.Native;

namespace Culvert.Transports.Quic.Native;

/// <summary>
/// The structure sizes this binding was written for; a mismatch is a build fault, found before any call is made.
/// </summary>
internal static class NativeLayout
{
    public static IEnumerable<(string Name, int Actual, int Expected)> Sizes =>
    [
        (nameof(ngtcp2_cid), Unsafe.SizeOf<ngtcp2_cid>(), 32),
        (nameof(ngtcp2_vec), Unsafe.SizeOf<ngtcp2_vec>(), 16),
        (nameof(ngtcp2_pkt_info), Unsafe.SizeOf<ngtcp2_pkt_info>(), 8),
        (nameof(ngtcp2_pkt_hd), Unsafe.SizeOf<ngtcp2_pkt_hd>(), 112),
        (nameof(ngtcp2_version_cid), Unsafe.SizeOf<ngtcp2_version_cid>(), 40),
        (nameof(ngtcp2_addr), Unsafe.SizeOf<ngtcp2_addr>(), 16),
        (nameof(ngtcp2_path), Unsafe.SizeOf<ngtcp2_path>(), 40),
        (nameof(ngtcp2_path_storage), Unsafe.SizeOf<ngtcp2_path_storage>(), 96),
        (nameof(ngtcp2_preferred_addr), Unsafe.SizeOf<ngtcp2_preferred_addr>(), 96),
        (nameof(ngtcp2_version_info), Unsafe.SizeOf<ngtcp2_version_info>(), 24),
        (nameof(ngtcp2_transport_params), Unsafe.SizeOf<ngtcp2_transport_params>(), 344),
        (nameof(ngtcp2_settings), Unsafe.SizeOf<ngtcp2_settings>(), 184),
        (nameof(ngtcp2_callbacks), Unsafe.SizeOf<ngtcp2_callbacks>(), 320),
        (nameof(ngtcp2_conn_info), Unsafe.SizeOf<ngtcp2_conn_info>(), 56),
        (nameof(ngtcp2_ccerr), Unsafe.SizeOf<ngtcp2_ccerr>(), 40),
        (nameof(ngtcp2_info), Unsafe.SizeOf<ngtcp2_info>(), 16),
        (nameof(ngtcp2_crypto_conn_ref), Unsafe.SizeOf<ngtcp2_crypto_conn_ref>(), 16),
        (nameof(gnutls_datum_t), Unsafe.SizeOf<gnutls_datum_t>(), 16),
        (nameof(msghdr), Unsafe.SizeOf<msghdr>(), 56),
        (nameof(mmsghdr), Unsafe.SizeOf<mmsghdr>(), 64),
    ];

    public static bool IsExpected => Sizes.All(size => size.Actual == size.Expected);
}
