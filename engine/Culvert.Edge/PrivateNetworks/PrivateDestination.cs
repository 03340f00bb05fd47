using System.Net;
using Culvert.Edge.Tunnels;
using Culvert.Ingress.Values;

namespace Culvert.Edge.PrivateNetworks;

/// <summary>An address and port behind a tunnel's connectors. Immutable.</summary>
/// <param name="Tunnel">The tunnel's UUID or one of its hostnames; looked up when it is needed.</param>
/// <param name="EndPoint">Where a connector dials.</param>
public sealed record PrivateDestination(string Tunnel, IPEndPoint EndPoint)
{
    /// <summary>Reads <c>TUNNEL/IP:PORT</c>, where an IPv6 address has brackets.</summary>
    /// <returns>False when the text is something else.</returns>
    public static bool TryParse(string text, out PrivateDestination destination)
    {
        ArgumentNullException.ThrowIfNull(text);
        destination = null!;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || !IpText.TryParseEndPoint(text.AsSpan(slash + 1), out var endPoint) || endPoint.Port == 0)
        {
            return false;
        }

        destination = new PrivateDestination(text[..slash], endPoint);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Tunnel}/{EndPoint}";

    /// <summary>Finds the tunnel, or null when there is none by that name now.</summary>
    internal Tunnel? Find(TunnelDirectory directory) =>
        Guid.TryParse(Tunnel, out var id) ? directory.Find(id) : directory.Find(Tunnel.AsSpan());
}
