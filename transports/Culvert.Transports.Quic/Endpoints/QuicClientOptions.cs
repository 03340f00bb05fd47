using System.Net;

namespace Culvert.Transports.Quic;

/// <summary>How a client connects and whom it trusts.</summary>
public sealed record QuicClientOptions
{
    /// <summary>Name sent to the server and verified against its certificate.</summary>
    public required string ServerName { get; init; }

    /// <summary>Application protocols offered, in order (RFC 7301). The server must take one.</summary>
    public required IReadOnlyList<string> ApplicationProtocols { get; init; }

    /// <summary>Certificates, in PEM, that chains may end in.</summary>
    public string? TrustedRootsPem { get; init; }

    /// <summary>Whether the system's root certificates are trusted as well.</summary>
    public bool TrustSystemRoots { get; init; } = true;

    /// <summary>Whether the key exchange may, must not, or must be post-quantum.</summary>
    public QuicKeyExchange KeyExchange { get; init; } = QuicKeyExchange.PreferPostQuantum;

    /// <summary>Local address to send from; null takes any of the server's family.</summary>
    public IPAddress? LocalAddress { get; init; }

    /// <summary>Local UDP port, 0 to 65535; zero takes a free one. A port in use fails the attempt.</summary>
    public int LocalPort { get; init; }

    /// <summary>Windows, timers, sizes and limits.</summary>
    public QuicTransportOptions Transport { get; init; } = new();
}
