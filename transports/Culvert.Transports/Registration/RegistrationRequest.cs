using System.Net;

namespace Culvert.Transports.Registration;

/// <summary>What proves that a connector may serve a tunnel.</summary>
/// <param name="AccountTag">The account's id.</param>
/// <param name="TunnelSecret">The tunnel's secret, of any length. Never log it.</param>
public sealed record TunnelAuth(string AccountTag, ReadOnlyMemory<byte> TunnelSecret);

/// <summary>Which connector registers (ClientInfo on the wire).</summary>
/// <param name="ConnectorId">Random, one for each process.</param>
/// <param name="Features">
/// What the connector can do; order and unknown names have no meaning. A server refuses more than 1024 names.
/// </param>
/// <param name="Version">The connector's release.</param>
/// <param name="Arch">Operating system and architecture, such as linux_amd64.</param>
public sealed record ConnectorInfo(Guid ConnectorId, IReadOnlyList<string> Features, string Version, string Arch);

/// <summary>The parameters of registerConnection.</summary>
/// <param name="Auth">The credentials.</param>
/// <param name="TunnelId">The tunnel.</param>
/// <param name="ConnectionIndex">Which of the connector's connections this is, from 0.</param>
/// <param name="Connector">The connector.</param>
/// <param name="OriginLocalIp">
/// Informational; on the wire 16 bytes, an IPv4 address in its IPv6-mapped form. Null if there is none, or none that is valid.
/// </param>
/// <param name="ReplaceExisting">Always false in the reference.</param>
/// <param name="CompressionQuality">Always 0 in the reference.</param>
/// <param name="PreviousAttempts">Attempts of this connection index since it last succeeded.</param>
public sealed record RegistrationRequest(
    TunnelAuth Auth,
    Guid TunnelId,
    byte ConnectionIndex,
    ConnectorInfo Connector,
    IPAddress? OriginLocalIp,
    bool ReplaceExisting,
    byte CompressionQuality,
    byte PreviousAttempts);
