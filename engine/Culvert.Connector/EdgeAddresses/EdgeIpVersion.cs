namespace Culvert.Connector.EdgeAddresses;

/// <summary>The choice of <c>--edge-ip-version</c>.</summary>
public enum EdgeIpVersion
{
    /// <summary>What the resolver names first in each region, with the other family in reserve.</summary>
    Auto,

    /// <summary>IPv4 addresses only.</summary>
    V4,

    /// <summary>IPv6 addresses only.</summary>
    V6,
}
