namespace Culvert.Transports.Quic.Providers;

/// <summary>Which library carries QUIC; the choice of <c>--quic-provider</c>.</summary>
public enum QuicProvider
{
    /// <summary>ngtcp2 by our own loop: streams and datagrams. The default on Linux.</summary>
    Ngtcp2,

    /// <summary>The platform's own (System.Net.Quic over MsQuic): streams only. The default on Windows.</summary>
    MsQuic,
}
