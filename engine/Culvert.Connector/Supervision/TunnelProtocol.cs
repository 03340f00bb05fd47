namespace Culvert.Connector.Supervision;

/// <summary>The choice of <c>--protocol</c>.</summary>
public enum TunnelProtocol
{
    /// <summary>QUIC first; HTTP/2 when QUIC cannot be used here, or never worked in this process.</summary>
    Auto,

    /// <summary>QUIC and nothing else.</summary>
    Quic,

    /// <summary>HTTP/2 and nothing else.</summary>
    Http2,
}
