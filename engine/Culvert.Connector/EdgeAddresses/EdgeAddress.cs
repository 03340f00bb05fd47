using System.Net;
using System.Net.Sockets;

namespace Culvert.Connector.EdgeAddresses;

/// <summary>
/// One entry of the edge's addresses: an address that is listed twice is two of them. What is compared is the entry itself.
/// </summary>
internal sealed class EdgeAddress(IPEndPoint endPoint)
{
    /// <summary>Where to dial, by UDP or TCP.</summary>
    public IPEndPoint EndPoint { get; } = endPoint;

    /// <summary>The connection that has it; null while it is free. Guarded by the pool.</summary>
    public byte? User { get; set; }

    public bool IsIPv6 => EndPoint.AddressFamily == AddressFamily.InterNetworkV6;

    public override string ToString() => EndPoint.ToString();
}
