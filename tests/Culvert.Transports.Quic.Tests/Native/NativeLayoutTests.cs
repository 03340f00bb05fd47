using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Culvert.Transports.Quic.Native;

namespace Culvert.Transports.Quic.Tests.Native;

[Trait("Category", "Unit")]
public sealed unsafe class NativeLayoutTests
{
    public static TheoryData<string, int, int> Sizes
    {
        get
        {
            var data = new TheoryData<string, int, int>();
            foreach (var (name, actual, expected) in NativeLayout.Sizes)
                data.Add(name, actual, expected);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void StructuresHaveTheLibrarysSize(string name, int actual, int expected)
    {
        Assert.True(actual == expected, $"{name}: {actual} instead of {expected}");
    }

    [Fact]
    public void FieldsAreWhereTheLibraryPutsThem()
    {
        ngtcp2_transport_params p;
        Assert.Equal(192, (byte*)&p.initial_max_stream_data_bidi_local - (byte*)&p);
        Assert.Equal(240, (byte*)&p.max_idle_timeout - (byte*)&p);
        Assert.Equal(280, (byte*)&p.max_datagram_frame_size - (byte*)&p);
        Assert.Equal(294, p.stateless_reset_token - (byte*)&p);
        Assert.Equal(336, &p.version_info_present - (byte*)&p);
        ngtcp2_settings s;
        Assert.Equal(40, (byte*)&s.max_tx_udp_payload_size - (byte*)&s);
        Assert.Equal(112, (byte*)&s.handshake_timeout - (byte*)&s);
        Assert.Equal(156, &s.no_pmtud - (byte*)&s);
        Assert.Equal(168, (byte*)&s.pmtud_probes - (byte*)&s);
        ngtcp2_pkt_hd h;
        Assert.Equal(72, (byte*)&h.token - (byte*)&h);
        Assert.Equal(104, (byte*)&h.version - (byte*)&h);
        ngtcp2_callbacks c;
        Assert.Equal(31 * 8, (byte*)&c.recv_datagram - (byte*)&c);
        Assert.Equal(39 * 8, (byte*)&c.tls_early_data_rejected - (byte*)&c);
    }

    [Fact]
    public void TheLibrarysOwnDefaultsLandInOurFields()
    {
        // The library writes through its own layout; reading its documented defaults back through ours checks both.
        ngtcp2_settings settings;
        Unsafe.InitBlock(&settings, 0xff, (uint)sizeof(ngtcp2_settings));
        Ngtcp2.ngtcp2_settings_default_versioned(Ngtcp2.SettingsVersion, &settings);
        Assert.Equal(333 * 1_000_000ul, settings.initial_rtt);
        Assert.Equal(1452u, settings.max_tx_udp_payload_size);
        Assert.Equal(2u, settings.ack_thresh);
        Assert.Equal(ulong.MaxValue, settings.handshake_timeout);
        Assert.Equal(0, settings.no_pmtud);
        ngtcp2_transport_params parameters;
        Unsafe.InitBlock(&parameters, 0xff, (uint)sizeof(ngtcp2_transport_params));
        Ngtcp2.ngtcp2_transport_params_default_versioned(Ngtcp2.ParamsVersion, &parameters);
        Assert.Equal(65527u, parameters.max_udp_payload_size);
        Assert.Equal(3u, parameters.ack_delay_exponent);
        Assert.Equal(25 * 1_000_000ul, parameters.max_ack_delay);
        Assert.Equal(2u, parameters.active_connection_id_limit);
        Assert.Equal(0u, parameters.initial_max_data);
    }

    [Fact]
    public void EveryBoundSymbolExists()
    {
        foreach (var type in new[] { typeof(Ngtcp2), typeof(Ngtcp2Crypto), typeof(GnuTls) })
        {
            var library = NativeLibrary.Load((string)type.GetField("Library")!.GetRawConstantValue()!);
            var methods = type.GetMethods().Where(method => method.Name.StartsWith("ngtcp2_", StringComparison.Ordinal)
                || method.Name.StartsWith("gnutls_", StringComparison.Ordinal)).ToArray();
            Assert.NotEmpty(methods);
            Assert.All(methods, method => Assert.True(NativeLibrary.TryGetExport(library, method.Name, out _), method.Name));
        }
    }
}
