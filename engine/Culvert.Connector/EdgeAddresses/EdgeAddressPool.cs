using System.Net;

namespace Culvert.Connector.EdgeAddresses;

/// <summary>
/// Which connection has which of the edge's addresses, in two regions that are used evenly (supervisor-and-operations, section
/// 3.5). Thread-safe.
/// </summary>
internal sealed class EdgeAddressPool
{
    private readonly Lock _lock = new();
    private readonly EdgeRegion[] _regions;
    private readonly Random _random;

    /// <summary>Creates a pool in which every address is free.</summary>
    /// <param name="regions">The addresses of each region.</param>
    /// <param name="version">Which of them may be used.</param>
    /// <param name="time">The clock of family changes.</param>
    /// <param name="random">Chooses among equals.</param>
    public EdgeAddressPool(
        IEnumerable<IEnumerable<IPEndPoint>> regions, EdgeIpVersion version, TimeProvider time, Random? random = null)
    {
        _regions = [.. regions.Select(region => new EdgeRegion(region, version, time))];
        _random = random ?? Random.Shared;
    }

    /// <summary>Free addresses of the families in use.</summary>
    public int Available
    {
        get
        {
            lock (_lock)
            {
                return _regions.Sum(region => region.Available);
            }
        }
    }

    /// <summary>A pool of <c>--edge</c> addresses: by turns into two regions, whatever their family.</summary>
    public static EdgeAddressPool OfStatic(IReadOnlyList<IPEndPoint> addresses, TimeProvider time, Random? random = null) => new(
        [addresses.Where((_, i) => i % 2 == 0), addresses.Where((_, i) => i % 2 == 1)], EdgeIpVersion.Auto, time, random);

    /// <summary>The address that a connection has, or a free one, which it then has; null when there is none.</summary>
    public EdgeAddress? Take(byte connection)
    {
        lock (_lock)
        {
            return Of(connection) ?? TakeFree(connection, except: null);
        }
    }

    /// <summary>
    /// Takes a connection's address away and gives it another one. When there is no other the connection has none, and may get
    /// the old one again.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="unreachable">Whether the old address could not be reached.</param>
    public EdgeAddress? TakeOther(byte connection, bool unreachable)
    {
        lock (_lock)
        {
            var old = Of(connection);
            if (old is not null)
            {
                GiveBack(old, unreachable);
            }

            return TakeFree(connection, old);
        }
    }

    /// <summary>Frees an address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="unreachable">Whether it could not be reached.</param>
    /// <returns>False when it is none of this pool's.</returns>
    public bool GiveBack(EdgeAddress address, bool unreachable)
    {
        lock (_lock)
        {
            if (Array.Find(_regions, region => region.Has(address)) is not { } region)
            {
                return false;
            }

            address.User = null;
            if (unreachable)
            {
                region.Failed(address);
            }

            return true;
        }
    }

    /// <summary>Any address in use or free, without taking it, or null.</summary>
    public EdgeAddress? Any()
    {
        lock (_lock)
        {
            return _regions.SelectMany(region => region.Active).FirstOrDefault();
        }
    }

    private EdgeAddress? Of(byte connection) =>
        _regions.Select(region => region.Of(connection)).FirstOrDefault(address => address is not null);

    private EdgeAddress? TakeFree(byte connection, EdgeAddress? except)
    {
        foreach (var region in _regions.OrderByDescending(region => region.Available).ThenBy(_ => _random.Next()))
        {
            if (region.Free(except, _random) is { } address)
            {
                address.User = connection;
                return address;
            }
        }

        return null;
    }
}
