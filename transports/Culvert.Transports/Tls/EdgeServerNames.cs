namespace Culvert.Transports.Tls;

/// <summary>Names that connectors ask for and verify in the edge's certificate (quic-and-rpc, section 1.2).</summary>
public static class EdgeServerNames
{
    /// <summary>Server name of HTTP/2 connections.</summary>
    public const string Http2 = "h2.cftunnel.com";

    /// <summary>Server name of QUIC connections.</summary>
    public const string Quic = "quic.cftunnel.com";

    /// <summary>Server name of the connectivity probes.</summary>
    public const string Probe = "probe.cftunnel.com";

    /// <summary>All of them; an edge certificate has to hold each.</summary>
    public static IReadOnlyList<string> All { get; } = [Http2, Quic, Probe];
}
