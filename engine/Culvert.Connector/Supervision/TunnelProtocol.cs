namespace Culvert.Connector.Supervision;

/// <summary>The choice of <c>--protocol</c>.</summary>
public enum TunnelProtocol
{
    /// <summary>QUIC first, then by turns, until a connection has registered; its transport is kept.</summary>
    Auto,

    /// <summary>QUIC and nothing else.</summary>
    Quic,

    /// <summary>HTTP/2 and nothing else.</summary>
    Http2,
}
