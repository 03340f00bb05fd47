using System.Runtime.InteropServices;

namespace Culvert.Transports.Quic.Native;

/// <summary>
/// The protocol engine. The constants passed as structure versions describe the layouts of this binding (1.11).
/// </summary>
internal static unsafe partial class Ngtcp2
{
    public const string Library = "libngtcp2.so.16";
    public const int MinimumVersion = 0x010b00;

    public const int CallbacksVersion = 1;
    public const int SettingsVersion = 2;
    public const int ParamsVersion = 1;
    public const int ConnInfoVersion = 1;
    public const int PktInfoVersion = 1;

    public const uint ProtocolV1 = 1;
    public const uint WriteMore = 1;
    public const uint WriteFin = 2;
    public const uint StreamDataFin = 1;
    public const uint StreamCloseAppErrorSet = 1;

    [LibraryImport(Library)]
    public static partial ngtcp2_info* ngtcp2_version(int leastVersion);

    [LibraryImport(Library)]
    public static partial void ngtcp2_settings_default_versioned(int version, ngtcp2_settings* settings);

    [LibraryImport(Library)]
    public static partial void ngtcp2_transport_params_default_versioned(int version, ngtcp2_transport_params* parameters);

    [LibraryImport(Library)]
    public static partial int ngtcp2_conn_client_new_versioned(nint* conn, ngtcp2_cid* dcid, ngtcp2_cid* scid, ngtcp2_path* path,
        uint version, int callbacksVersion, ngtcp2_callbacks* callbacks, int settingsVersion, ngtcp2_settings* settings,
        int paramsVersion, ngtcp2_transport_params* parameters, nint mem, nint user);

    [LibraryImport(Library)]
    public static partial int ngtcp2_conn_server_new_versioned(nint* conn, ngtcp2_cid* dcid, ngtcp2_cid* scid, ngtcp2_path* path,
        uint version, int callbacksVersion, ngtcp2_callbacks* callbacks, int settingsVersion, ngtcp2_settings* settings,
        int paramsVersion, ngtcp2_transport_params* parameters, nint mem, nint user);

    [LibraryImport(Library)]
    public static partial void ngtcp2_conn_del(nint conn);

    [LibraryImport(Library)]
    public static partial void ngtcp2_conn_set_tls_native_handle(nint conn, nint session);

    [LibraryImport(Library)]
    public static partial int ngtcp2_conn_read_pkt_versioned(nint conn, ngtcp2_path* path, int infoVersion, ngtcp2_pkt_info* info,
        byte* packet, nuint length, ulong ts);

    [LibraryImport(Library)]
    public static partial nint ngtcp2_conn_writev_stream_versioned(nint conn, ngtcp2_path* path, int infoVersion,
        ngtcp2_pkt_info* info, byte* dest, nuint destlen, nint* pdatalen, uint flags, long streamId, ngtcp2_vec* datav,
        nuint datavcnt, ulong ts);

    [LibraryImport(Library)]
    public static partial nint ngtcp2_conn_writev_datagram_versioned(nint conn, ngtcp2_path* path, int infoVersion,
        ngtcp2_pkt_info* info, byte* dest, nuint destlen, int* accepted, uint flags, ulong dgramId, ngtcp2_vec* datav,
        nuint datavcnt, ulong ts);

    [LibraryImport(Library)]
    public static partial nint ngtcp2_conn_write_connection_close_versioned(nint conn, ngtcp2_path* path, int infoVersion,
        ngtcp2_pkt_info* info, byte* dest, nuint destlen, ngtcp2_ccerr* error, ulong ts);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial void ngtcp2_conn_update_pkt_tx_time(nint conn, ulong ts);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial nuint ngtcp2_conn_get_send_quantum(nint conn);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial ulong ngtcp2_conn_get_expiry(nint conn);

    [LibraryImport(Library)]
    public static partial int ngtcp2_conn_handle_expiry(nint conn, ulong ts);

    [LibraryImport(Library)]
    public static partial ulong ngtcp2_conn_get_pto(nint conn);

    [LibraryImport(Library)]
    public static partial int ngtcp2_conn_open_bidi_stream(nint conn, long* id, nint user);

    [LibraryImport(Library)]
    public static partial int ngtcp2_conn_set_stream_user_data(nint conn, long id, nint user);

    [LibraryImport(Library)]
    public static partial int ngtcp2_conn_shutdown_stream_write(nint conn, uint flags, long id, ulong code);

    [LibraryImport(Library)]
    public static partial int ngtcp2_conn_shutdown_stream_read(nint conn, uint flags, long id, ulong code);

    [LibraryImport(Library)]
    public static partial int ngtcp2_conn_extend_max_stream_offset(nint conn, long id, ulong count);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial void ngtcp2_conn_extend_max_offset(nint conn, ulong count);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial void ngtcp2_conn_extend_max_streams_bidi(nint conn, nuint count);

    [LibraryImport(Library)]
    public static partial ngtcp2_transport_params* ngtcp2_conn_get_remote_transport_params(nint conn);

    [LibraryImport(Library)]
    public static partial ngtcp2_path* ngtcp2_conn_get_path(nint conn);

    [LibraryImport(Library)]
    public static partial ngtcp2_cid* ngtcp2_conn_get_dcid(nint conn);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial void ngtcp2_conn_get_conn_info_versioned(nint conn, int version, ngtcp2_conn_info* info);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial nuint ngtcp2_conn_get_path_max_tx_udp_payload_size(nint conn);

    [LibraryImport(Library)]
    public static partial void ngtcp2_conn_set_keep_alive_timeout(nint conn, ulong timeout);

    [LibraryImport(Library)]
    public static partial byte ngtcp2_conn_get_tls_alert(nint conn);

    [LibraryImport(Library)]
    public static partial ngtcp2_ccerr* ngtcp2_conn_get_ccerr(nint conn);

    [LibraryImport(Library)]
    public static partial void ngtcp2_ccerr_default(ngtcp2_ccerr* error);

    [LibraryImport(Library)]
    public static partial void ngtcp2_ccerr_set_liberr(ngtcp2_ccerr* error, int code, byte* reason, nuint length);

    [LibraryImport(Library)]
    public static partial void ngtcp2_ccerr_set_tls_alert(ngtcp2_ccerr* error, byte alert, byte* reason, nuint length);

    [LibraryImport(Library)]
    public static partial void ngtcp2_ccerr_set_application_error(ngtcp2_ccerr* error, ulong code, byte* reason, nuint length);

    [LibraryImport(Library)]
    public static partial void ngtcp2_ccerr_set_transport_error(ngtcp2_ccerr* error, ulong code, byte* reason, nuint length);

    [LibraryImport(Library)]
    public static partial byte* ngtcp2_strerror(int code);

    [LibraryImport(Library)]
    public static partial int ngtcp2_pkt_decode_version_cid(ngtcp2_version_cid* result, byte* packet, nuint length,
        nuint shortDcidLength);

    [LibraryImport(Library)]
    public static partial int ngtcp2_accept(ngtcp2_pkt_hd* header, byte* packet, nuint length);

    [LibraryImport(Library)]
    public static partial nint ngtcp2_pkt_write_version_negotiation(byte* dest, nuint destlen, byte random, byte* dcid,
        nuint dcidlen, byte* scid, nuint scidlen, uint* versions, nuint count);

    [LibraryImport(Library)]
    public static partial nint ngtcp2_pkt_write_stateless_reset(byte* dest, nuint destlen, byte* token, byte* random,
        nuint randomLength);

    /// <summary>The library's text for one of its error numbers.</summary>
    public static string Describe(int error) => Marshal.PtrToStringUTF8((nint)ngtcp2_strerror(error)) ?? $"error {error}";
}
