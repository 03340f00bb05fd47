namespace Culvert.Transports.Credentials;

/// <summary>What a connector proves a tunnel with.</summary>
/// <param name="AccountTag">Account that owns the tunnel.</param>
/// <param name="TunnelId">The tunnel's UUID.</param>
/// <param name="Secret">Raw secret, normally 32 bytes.</param>
/// <param name="Endpoint">Region to connect to, empty for the default.</param>
public sealed record TunnelCredentials(string AccountTag, Guid TunnelId, ReadOnlyMemory<byte> Secret, string Endpoint = "");
