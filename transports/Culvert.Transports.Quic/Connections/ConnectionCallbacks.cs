using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Culvert.Transports.Quic.Native;

namespace Culvert.Transports.Quic.Connections;

/// <summary>The table given to ngtcp2: cryptography goes straight to its helper library, events come to the connection.</summary>
internal static unsafe partial class ConnectionCallbacks
{
    private static readonly nint HelperLibrary = NativeLibrary.Load(Ngtcp2Crypto.Library);

    public static ngtcp2_callbacks Client { get; } = Build();

    public static ngtcp2_callbacks Server { get; } = Build() with
    {
        recv_crypto_data = (nint)(delegate* unmanaged[Cdecl]<nint, int, ulong, byte*, nuint, nint, int>)&ServerCryptoData,
    };

    private static ngtcp2_callbacks Build()
    {
        var helper = HelperLibrary;
        nint Helper(string name) => NativeLibrary.GetExport(helper, $"ngtcp2_crypto_{name}_cb");
        return new ngtcp2_callbacks
        {
            client_initial = Helper("client_initial"),
            recv_client_initial = Helper("recv_client_initial"),
            recv_crypto_data = Helper("recv_crypto_data"),
            encrypt = Helper("encrypt"),
            decrypt = Helper("decrypt"),
            hp_mask = Helper("hp_mask"),
            recv_retry = Helper("recv_retry"),
            update_key = Helper("update_key"),
            delete_crypto_aead_ctx = Helper("delete_crypto_aead_ctx"),
            delete_crypto_cipher_ctx = Helper("delete_crypto_cipher_ctx"),
            get_path_challenge_data = Helper("get_path_challenge_data"),
            version_negotiation = Helper("version_negotiation"),
            handshake_completed = (nint)(delegate* unmanaged[Cdecl]<nint, nint, int>)&HandshakeCompleted,
            recv_stream_data = (nint)(delegate* unmanaged[Cdecl]<nint, uint, long, ulong, byte*, nuint, nint, nint,
                int>)&StreamData,
            acked_stream_data_offset = (nint)(delegate* unmanaged[Cdecl]<nint, long, ulong, ulong, nint, nint, int>)&Acknowledged,
            stream_open = (nint)(delegate* unmanaged[Cdecl]<nint, long, nint, int>)&StreamOpened,
            stream_close = (nint)(delegate* unmanaged[Cdecl]<nint, uint, long, ulong, nint, nint, int>)&StreamClosed,
            stream_reset = (nint)(delegate* unmanaged[Cdecl]<nint, long, ulong, ulong, nint, nint, int>)&StreamReset,
            recv_stateless_reset = (nint)(delegate* unmanaged[Cdecl]<nint, nint, nint, int>)&StatelessReset,
            extend_max_local_streams_bidi = (nint)(delegate* unmanaged[Cdecl]<nint, ulong, nint, int>)&MoreStreams,
            extend_max_stream_data = (nint)(delegate* unmanaged[Cdecl]<nint, long, ulong, nint, nint, int>)&MoreStreamData,
            rand = (nint)(delegate* unmanaged[Cdecl]<byte*, nuint, nint, void>)&Random,
            get_new_connection_id = (nint)(delegate* unmanaged[Cdecl]<nint, ngtcp2_cid*, byte*, nuint, nint,
                int>)&NewConnectionId,
            remove_connection_id = (nint)(delegate* unmanaged[Cdecl]<nint, ngtcp2_cid*, nint, int>)&RemoveConnectionId,
            path_validation = (nint)(delegate* unmanaged[Cdecl]<nint, uint, nint, nint, int, nint, int>)&PathValidated,
            recv_datagram = (nint)(delegate* unmanaged[Cdecl]<nint, uint, byte*, nuint, nint, int>)&Datagram,
        };
    }

    private static readonly delegate* unmanaged[Cdecl]<nint, int, ulong, byte*, nuint, nint, int> ReceiveCryptoData =
        (delegate* unmanaged[Cdecl]<nint, int, ulong, byte*, nuint, nint, int>)NativeLibrary.GetExport(HelperLibrary,
            "ngtcp2_crypto_recv_crypto_data_cb");

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint GetConn(ngtcp2_crypto_conn_ref* reference) => ConnectionCore.From(reference->user_data).Handle;

    // A server frees its TLS session with the handshake: 12 KiB of every idle connection. No client has a reason to send TLS
    // messages after that, and one that does must not reach the freed session.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int ServerCryptoData(nint conn, int level, ulong offset, byte* data, nuint length, nint user) =>
        ConnectionCore.From(user).HandshakeDone
            ? Ngtcp2Errors.Crypto
            : ReceiveCryptoData(conn, level, offset, data, length, user);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int HandshakeCompleted(nint conn, nint user) => ConnectionCore.From(user).OnHandshakeCompleted();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int StreamData(nint conn, uint flags, long id, ulong offset, byte* data, nuint length, nint user,
        nint stream) =>
        ConnectionCore.From(user).OnStreamData(flags, data, length, stream);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Acknowledged(nint conn, long id, ulong offset, ulong length, nint user, nint stream) =>
        ConnectionCore.OnAcknowledged((long)(offset + length), stream);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int StreamOpened(nint conn, long id, nint user) => ConnectionCore.From(user).OnStreamOpened(id);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int StreamClosed(nint conn, uint flags, long id, ulong code, nint user, nint stream) =>
        ConnectionCore.From(user).OnStreamClosed((flags & Ngtcp2.StreamCloseAppErrorSet) != 0 ? code : null, stream);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int StreamReset(nint conn, long id, ulong finalSize, ulong code, nint user, nint stream) =>
        ConnectionCore.OnStreamReset(code, stream);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int StatelessReset(nint conn, nint reset, nint user) => ConnectionCore.From(user).OnStatelessReset();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int MoreStreams(nint conn, ulong count, nint user) => ConnectionCore.From(user).OnMoreStreams();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int MoreStreamData(nint conn, long id, ulong limit, nint user, nint stream) =>
        ConnectionCore.From(user).OnMoreStreamData(stream);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Random(byte* dest, nuint length, nint context) =>
        System.Security.Cryptography.RandomNumberGenerator.Fill(new Span<byte>(dest, (int)length));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int NewConnectionId(nint conn, ngtcp2_cid* id, byte* token, nuint length, nint user) =>
        ConnectionCore.From(user).OnNewConnectionId(id, token);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int RemoveConnectionId(nint conn, ngtcp2_cid* id,
        nint user) => ConnectionCore.From(user).OnRemoveConnectionId(id);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int PathValidated(nint conn, uint flags, nint path, nint old, int result, nint user) =>
        ConnectionCore.From(user).OnPathValidated(result == 0);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Datagram(nint conn, uint flags, byte* data, nuint length, nint user) =>
        ConnectionCore.From(user).OnDatagramReceived(data, (int)length);
}
