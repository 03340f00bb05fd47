using System.Net;

namespace Culvert.Connector.EdgeAddresses;

/// <summary>
/// The addresses of one region: those of the family in use, and those of the other family in reserve
/// (supervisor-and-operations, section 3.4). Guarded by the pool.
/// </summary>
internal sealed class EdgeRegion
{
    /// <summary>How long the reserve is used before an IPv6 failure may lead back.</summary>
    private static readonly TimeSpan ReserveTime = TimeSpan.FromMinutes(10);

    private readonly EdgeAddress[] _primary;
    private readonly EdgeAddress[] _secondary;
    private readonly TimeProvider _time;
    private bool _usesSecondary;
    private long _turned;

    /// <summary>Sorts addresses by family.</summary>
    /// <param name="endPoints">In the order of the resolver.</param>
    /// <param name="version">Which of them may be used.</param>
    /// <param name="time">The clock of the reserve.</param>
    public EdgeRegion(IEnumerable<IPEndPoint> endPoints, EdgeIpVersion version, TimeProvider time)
    {
        var all = endPoints.Select(endPoint => new EdgeAddress(endPoint)).ToArray();
        var first = version == EdgeIpVersion.Auto ? all.Length > 0 && all[0].IsIPv6 : version == EdgeIpVersion.V6;
        _primary = [.. all.Where(address => address.IsIPv6 == first)];
        _secondary = version == EdgeIpVersion.Auto ? [.. all.Where(address => address.IsIPv6 != first)] : [];
        _time = time;
    }

    /// <summary>Addresses in use or free, of the family that is used now.</summary>
    public IReadOnlyList<EdgeAddress> Active => _usesSecondary ? _secondary : _primary;

    /// <summary>Free addresses of the family that is used now.</summary>
    public int Available => Active.Count(address => address.User is null);

    /// <summary>The address that a connection has, of either family.</summary>
    public EdgeAddress? Of(byte connection) =>
        Array.Find(_primary, address => address.User == connection)
            ?? Array.Find(_secondary, address => address.User == connection);

    /// <summary>Whether the address is of this region.</summary>
    public bool Has(EdgeAddress address) => _primary.Contains(address) || _secondary.Contains(address);

    /// <summary>A free address other than one, or null.</summary>
    public EdgeAddress? Free(EdgeAddress? except, Random random)
    {
        var free = Active.Where(address => address.User is null && address != except).ToArray();
        return free.Length > 0 ? free[random.Next(free.Length)] : null;
    }

    /// <summary>
    /// Notes that an address could not be reached: a region that began with IPv6 turns to its IPv4 addresses for 10 minutes, and
    /// back at once when one of those fails as well.
    /// </summary>
    public void Failed(EdgeAddress address)
    {
        if (!_usesSecondary)
        {
            if (address.IsIPv6 && _secondary.Length > 0)
            {
                _usesSecondary = true;
                _turned = _time.GetTimestamp();
            }
        }
        else if (!address.IsIPv6 || _time.GetElapsedTime(_turned) > ReserveTime)
        {
            _usesSecondary = false;
        }
    }
}
