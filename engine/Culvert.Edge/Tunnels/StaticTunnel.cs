using Culvert.Transports.Credentials;

namespace Culvert.Edge.Tunnels;

/// <summary>A tunnel that the operator declared when starting the node.</summary>
/// <param name="Hostname">Public hostname, without scheme and port.</param>
/// <param name="Credentials">What connectors of the tunnel prove themselves with.</param>
public sealed record StaticTunnel(string Hostname, TunnelCredentials Credentials);
