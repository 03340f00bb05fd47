using System.Net;

namespace Culvert.Edge.PrivateNetworks;

/// <summary>A network that lies behind a tunnel. Immutable.</summary>
/// <param name="Tunnel">The tunnel's UUID or one of its hostnames.</param>
/// <param name="Network">The addresses.</param>
public sealed record PrivateRoute(string Tunnel, IPNetwork Network);
