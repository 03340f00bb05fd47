using System.Net;
using Culvert.Edge.Tunnels;

namespace Culvert.Edge.PrivateNetworks;

/// <summary>Says which tunnel an address lies behind: that of the smallest network that holds it. Immutable.</summary>
internal sealed class PrivateRoutes(IReadOnlyList<PrivateRoute> routes, TunnelDirectory tunnels)
{
    private readonly PrivateRoute[] _routes = [.. routes.OrderByDescending(route => route.Network.PrefixLength)];

    /// <summary>Where a destination is, or null when no network that was named holds it.</summary>
    public PrivateDestination? Find(IPAddress address, int port)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        var route = Array.Find(_routes, r => r.Network.Contains(address));
        return route is null ? null : new PrivateDestination(route.Tunnel, new IPEndPoint(address, port));
    }

    /// <summary>The tunnel of a destination, or null when there is none by that name now.</summary>
    public Tunnel? TunnelOf(PrivateDestination destination) => destination.Find(tunnels);
}
