using System.Net;

namespace Culvert.Transports.Quic;

/// <summary>Where a server listens, with which identity, and how much it lets in.</summary>
public sealed record QuicServerOptions
{
    /// <summary>Address and UDP port to listen on; port zero takes a free one.</summary>
    public required IPEndPoint EndPoint { get; init; }

    /// <summary>Application protocols accepted (RFC 7301). A client that offers none of them is refused with alert 120.</summary>
    public required IReadOnlyList<string> ApplicationProtocols { get; init; }

    /// <summary>The certificate in PEM, followed by its intermediates.</summary>
    public required string CertificatePem { get; init; }

    /// <summary>The certificate's private key in PEM, unencrypted.</summary>
    public required string PrivateKeyPem { get; init; }

    /// <summary>Whether the key exchange may, must not, or must be post-quantum.</summary>
    public QuicKeyExchange KeyExchange { get; init; } = QuicKeyExchange.PreferPostQuantum;

    /// <summary>Loops, each with its own thread and socket on the same port, 1 to 64. More than one needs Linux.</summary>
    public int Loops { get; init; } = 1;

    /// <summary>Connections one loop holds; a client past that is refused with CONNECTION_REFUSED.</summary>
    public int MaxConnections { get; init; } = 10_000;

    /// <summary>
    /// Unfinished handshakes one loop holds for one peer address (IPv6: one /64); more of its packets are dropped.
    /// </summary>
    public int MaxHandshakesPerPeer { get; init; } = 64;

    /// <summary>Unfinished handshakes one loop holds in all; more packets that would start one are dropped.</summary>
    public int MaxHandshakes { get; init; } = 4096;

    /// <summary>
    /// Unfinished handshakes, or failed ones in the last second, past which clients must prove their address (Retry).
    /// </summary>
    public int RetryThreshold { get; init; } = 256;

    /// <summary>Connections that wait for <c>AcceptAsync</c>; a client past that is refused with CONNECTION_REFUSED.</summary>
    public int AcceptBacklog { get; init; } = 1024;

    /// <summary>
    /// Key of stateless resets and of address proofs, 32 secret bytes; none makes one that ends with the listener. A server that
    /// comes back with the key it had tells the clients of its earlier life at once that their connections are gone (RFC 9000
    /// section 10.3), which they would otherwise find out by silence.
    /// </summary>
    public ReadOnlyMemory<byte> ResetKey { get; init; }

    /// <summary>Windows, timers, sizes and limits.</summary>
    public QuicTransportOptions Transport { get; init; } = new();
}
