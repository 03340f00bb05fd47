using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Culvert.Transports.Native;
using Culvert.Transports.Quic.Endpoints;
using Culvert.Transports.Quic.Loop;
using Culvert.Transports.Quic.Native;
using Culvert.Transports.Quic.Tls;

namespace Culvert.Transports.Quic.Connections;

internal sealed unsafe partial class ConnectionCore
{
    private const int ClientDcidLength = 18;

    // Sizes in the order to try: Ethernet, then tunnels and PPP, then what is common below; 1252 is IPv6's least of 1280.
    private static readonly ushort[] ProbeSizes = [1452, 1404, 1372, 1332, 1252];

    /// <summary>Starts a client's connection; the first packet goes out in this round's write pass.</summary>
    public static ConnectionCore Connect(EndpointLoop loop, ClientIdentity identity, in UdpAddress remote,
        TaskCompletionSource<QuicConnection> connecting)
    {
        var local = loop.Socket.LocalAddress;
        var connection = new ConnectionCore(loop, identity.Transport, in local, in remote, connecting);
        connection.Secure(user => TlsSession.Client(identity.Credentials, identity.Priority, identity.Protocols,
            identity.ServerName, user));
        var dcid = default(ngtcp2_cid);
        dcid.datalen = ClientDcidLength;
        RandomNumberGenerator.Fill(new Span<byte>(dcid.data, ClientDcidLength));
        var scid = loop.Ids.NewId();
        var parameters = connection.Parameters();
        connection.Create(isServer: false, &dcid, &scid, Ngtcp2.ProtocolV1, &parameters, null, 0);
        loop.Ids.Add(in scid, connection);
        connection._ids.Add(scid);
        connection.MarkDirty();
        return connection;
    }

    /// <summary>Starts a server's connection for a client's first packet, which the caller feeds to it afterwards.</summary>
    public static ConnectionCore Accept(EndpointLoop loop, FrontDoor door, ngtcp2_pkt_hd* header, ref ReceivedMessage message,
        ngtcp2_cid* retriedDcid)
    {
        var identity = door.Identity;
        var connection = new ConnectionCore(loop, identity.Transport, in message.Local, in message.Remote,
            null)
        { FrontDoor = door };
        using var credentials = identity.ShareCredentials();
        connection.Secure(user => TlsSession.Server(credentials, identity.Priority, identity.Protocols, user));
        // After a Retry the client uses the id that the Retry gave it, so its packets already name this loop.
        var scid = loop.Ids.NewId();
        var parameters = connection.Parameters();
        parameters.original_dcid = retriedDcid is null ? header->dcid : *retriedDcid;
        parameters.original_dcid_present = 1;
        if (retriedDcid is not null)
        {
            parameters.retry_scid = header->dcid;
            parameters.retry_scid_present = 1;
        }
        parameters.stateless_reset_token_present = 1;
        identity.ResetToken(parameters.stateless_reset_token, &scid);
        connection.Create(isServer: true, &header->scid, &scid, header->version, &parameters, header->token,
            retriedDcid is null ? 0 : header->tokenlen);
        connection._clientDcid = header->dcid;
        loop.Ids.Add(in header->dcid, connection);
        loop.Ids.Add(in scid, connection);
        connection._ids.Add(scid);
        return connection;
    }

    private void Secure(Func<nint, TlsSession> create)
    {
        try
        {
            _tls = create(GCHandle.ToIntPtr(_self));
        }
        catch
        {
            _self.Free();
            throw;
        }
    }

    private ngtcp2_transport_params Parameters()
    {
        ngtcp2_transport_params parameters;
        Ngtcp2.ngtcp2_transport_params_default_versioned(Ngtcp2.ParamsVersion, &parameters);
        parameters.initial_max_stream_data_bidi_local = (ulong)Settings.InitialStreamWindow;
        parameters.initial_max_stream_data_bidi_remote = (ulong)Settings.InitialStreamWindow;
        parameters.initial_max_data = (ulong)Settings.InitialConnectionWindow;
        parameters.initial_max_streams_bidi = (ulong)Settings.InitialIncomingStreams;
        parameters.max_idle_timeout = LoopClock.From(Settings.IdleTimeout);
        parameters.max_udp_payload_size = (ulong)Math.Max(Settings.MaxUdpPayload, 1452);
        parameters.active_connection_id_limit = 4;
        parameters.max_ack_delay = 26 * LoopClock.Millisecond;
        parameters.max_datagram_frame_size = (ulong)Settings.MaxDatagramFrameSize;
        return parameters;
    }

    private void Create(bool isServer, ngtcp2_cid* dcid, ngtcp2_cid* scid, uint version, ngtcp2_transport_params* parameters,
        byte* token, nuint tokenLength)
    {
        ngtcp2_settings settings;
        Ngtcp2.ngtcp2_settings_default_versioned(Ngtcp2.SettingsVersion, &settings);
        settings.initial_ts = Loop.Now;
        settings.max_tx_udp_payload_size = (nuint)MaxPacket;
        settings.max_window = (ulong)Settings.MaxConnectionWindow;
        settings.max_stream_window = (ulong)Settings.MaxStreamWindow;
        settings.handshake_timeout = LoopClock.From(Settings.HandshakeTimeout);
        settings.no_pmtud = Settings.PathMtuDiscovery ? (byte)0 : (byte)1;
        settings.no_tx_udp_payload_size_shaping = settings.no_pmtud;
        if (tokenLength > 0)
        {
            settings.token = token;
            settings.tokenlen = tokenLength;
            settings.token_type = 1;
        }
        var callbacks = isServer ? ConnectionCallbacks.Server : ConnectionCallbacks.Client;
        nint handle = 0;
        int result;
        fixed (byte* local = _local.Bytes, remote = _remote.Bytes)
        fixed (ushort* probes = ProbeSizes)
        {
            settings.pmtud_probes = probes;
            settings.pmtud_probeslen = (nuint)ProbeSizes.Length;
            var path = new ngtcp2_path
            {
                local = new ngtcp2_addr { addr = local, addrlen = _local.Length },
                remote = new ngtcp2_addr { addr = remote, addrlen = _remote.Length },
            };
            result = isServer
                ? Ngtcp2.ngtcp2_conn_server_new_versioned(&handle, dcid, scid, &path, version, Ngtcp2.CallbacksVersion,
                    &callbacks,
                    Ngtcp2.SettingsVersion, &settings, Ngtcp2.ParamsVersion, parameters, 0, GCHandle.ToIntPtr(_self))
                : Ngtcp2.ngtcp2_conn_client_new_versioned(&handle, dcid, scid, &path, version, Ngtcp2.CallbacksVersion,
                    &callbacks,
                    Ngtcp2.SettingsVersion, &settings, Ngtcp2.ParamsVersion, parameters, 0, GCHandle.ToIntPtr(_self));
        }
        if (result != 0)
        {
            _tls!.Dispose();
            _self.Free();
            throw new InvalidOperationException($"ngtcp2 refused the connection's settings: {Ngtcp2.Describe(result)}");
        }
        Handle = handle;
        Ngtcp2.ngtcp2_conn_set_tls_native_handle(handle, _tls!.Handle);
        if (Settings.KeepAliveInterval > TimeSpan.Zero)
            Ngtcp2.ngtcp2_conn_set_keep_alive_timeout(handle, LoopClock.From(Settings.KeepAliveInterval));
        Loop.Add(this);
    }

    private int MaxPacket
    {
        get
        {
            if (Settings.PathMtuDiscovery)
                return Settings.MaxUdpPayload;
            var initial = _remote.Family == LibcNumbers.AF_INET6 ? Settings.InitialUdpPayloadV6 : Settings.InitialUdpPayloadV4;
            return Math.Min(initial, Settings.MaxUdpPayload);
        }
    }
}
