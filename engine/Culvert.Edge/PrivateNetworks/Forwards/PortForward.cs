using System.Net;

namespace Culvert.Edge.PrivateNetworks.Forwards;

/// <summary>A port of the edge node that leads behind a tunnel. Immutable.</summary>
/// <param name="Listen">Where clients come; port 0 for one that the system chooses.</param>
/// <param name="Destination">Where a connector dials; null when <paramref name="Hostname"/> says it.</param>
/// <param name="Hostname">A tunnel's hostname whose rule is a TCP service; for TCP only.</param>
public sealed record PortForward(IPEndPoint Listen, PrivateDestination? Destination, string? Hostname = null)
{
    /// <summary>Clients of the port at a time; further ones are not heard (UDP) or closed at once (TCP).</summary>
    public int MaxClients { get; init; } = 10_000;
}
