using System.Net;

namespace Culvert.Edge.PrivateNetworks.Proxies;

/// <summary>A SOCKS5 and HTTP CONNECT proxy into private networks. Immutable.</summary>
/// <param name="Listen">Where its clients come; they reach what <see cref="EdgeOptions.PrivateRoutes"/> names.</param>
public sealed record PrivateProxyOptions(IPEndPoint Listen)
{
    /// <summary>Name and password that clients have to give; null for none, which is for loopback addresses only.</summary>
    public NetworkCredential? Credentials { get; init; }

    /// <summary>Clients at a time; one past that is closed at once.</summary>
    public int MaxClients { get; init; } = 1_000;

    /// <summary>How long a client may take to say what it wants.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Destinations of one UDP association at a time; datagrams to further ones are dropped.</summary>
    public int MaxDestinations { get; init; } = 256;
}
