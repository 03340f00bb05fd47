using System.Globalization;
using System.Net;
using Culvert.Connector.EdgeAddresses;
using Culvert.Tests.Fixtures;

namespace Culvert.Connector.Tests.EdgeAddresses;

/// <summary>Section 11.6 of supervisor-and-operations: which connection gets which address.</summary>
public class EdgeAddressPoolTests
{
    private readonly FakeTime _time = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Static_addresses_are_shared_out_evenly(int count)
    {
        var pool = EdgeAddressPool.OfStatic([.. V4(count)], _time);

        Assert.Equal(count, pool.Available);
        Assert.Equal(count, Enumerable.Range(0, count).Select(i => pool.Take((byte)i)!.EndPoint).Distinct().Count());
        Assert.Null(pool.Take((byte)count));
    }

    [Fact]
    public void Repeated_address_counts_each_time()
    {
        var pool = EdgeAddressPool.OfStatic([.. Enumerable.Repeat(V4(1).First(), 4)], _time);
        for (byte i = 0; i < 4; i++)
        {
            Assert.NotNull(pool.Take(i));
        }

        Assert.Null(pool.Take(4));
    }

    [Fact]
    public void Connection_keeps_its_address_until_it_is_given_back()
    {
        var pool = TwoRegions(2, 2);
        var address = pool.Take(0)!;
        Assert.Equal(3, pool.Available);
        Assert.Same(address, pool.Take(0));
        Assert.Equal(3, pool.Available);
        Assert.True(pool.GiveBack(address, unreachable: false));

        Assert.Equal(4, pool.Available);
    }

    [Fact]
    public void Other_address_takes_the_place_of_the_first()
    {
        var pool = TwoRegions(2, 2);
        var first = pool.Take(0);
        var second = pool.TakeOther(0, unreachable: true);

        Assert.NotNull(second);
        Assert.NotSame(first, second);
        Assert.Equal(3, pool.Available);
        Assert.Same(second, pool.Take(0));
    }

    [Fact]
    public void Two_addresses_take_turns()
    {
        var pool = TwoRegions(1, 1);
        var first = pool.Take(0);
        pool.TakeOther(0, unreachable: true);

        Assert.Same(first, pool.TakeOther(0, unreachable: true));
    }

    [Fact]
    public void Single_address_cannot_be_changed_but_is_given_again()
    {
        var pool = EdgeAddressPool.OfStatic([.. V4(1)], _time);
        var only = pool.Take(0);
        Assert.Null(pool.TakeOther(0, unreachable: true));

        Assert.Same(only, pool.Take(0));
    }

    [Fact]
    public void No_addresses_give_nothing()
    {
        var pool = EdgeAddressPool.OfStatic([], _time);

        Assert.Null(pool.Take(0));
        Assert.Null(pool.Any());
        Assert.Equal(0, pool.Available);
    }

    [Fact]
    public void Address_for_a_call_is_not_taken()
    {
        var pool = EdgeAddressPool.OfStatic([.. V4(1)], _time);
        Assert.NotNull(pool.Any());
        Assert.Equal(1, pool.Available);
        var only = pool.Take(0);

        Assert.Same(only, pool.Any());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Foreign_address_is_refused(bool unreachable) => Assert.False(
        TwoRegions(1, 1).GiveBack(new EdgeAddress(V4(1).First()), unreachable));

    [Fact]
    public void Region_with_more_room_comes_first()
    {
        var pool = TwoRegions(1, 3);
        var regions = Enumerable.Range(0, 2).Select(i => pool.Take((byte)i)!.EndPoint.Address.GetAddressBytes()[1]);

        Assert.All(regions, region => Assert.Equal(2, region));
    }

    [Fact]
    public void Exclusion_with_one_region_full_leaves_the_only_other()
    {
        var pool = TwoRegions(1, 2);
        var (a, b) = (pool.Take(0)!, pool.Take(1)!);
        var third = pool.Take(2)!;
        var old = new[] { a, b, third };
        pool.GiveBack(third, unreachable: false);
        pool.Take(2);

        Assert.Null(pool.TakeOther(2, unreachable: false));
        pool.GiveBack(b, unreachable: false);
        Assert.Contains(pool.Take(2), old);
    }

    [Theory]
    [InlineData(EdgeIpVersion.V4, "46", 1)]
    [InlineData(EdgeIpVersion.V6, "46", 1)]
    [InlineData(EdgeIpVersion.Auto, "46", 1)]
    [InlineData(EdgeIpVersion.V4, "66", 0)]
    [InlineData(EdgeIpVersion.V6, "44", 0)]
    [InlineData(EdgeIpVersion.Auto, "664", 2)]
    [InlineData(EdgeIpVersion.V4, "664", 1)]
    [InlineData(EdgeIpVersion.Auto, "", 0)]
    public void Family_in_use(EdgeIpVersion version, string families, int available)
    {
        var region = Region(families, version);

        Assert.Equal(available, region.Available);
        Assert.All(region.Active, address => Assert.Equal(
            version == EdgeIpVersion.Auto ? families[0] == '6' : version == EdgeIpVersion.V6, address.IsIPv6));
    }

    /// <summary>
    /// Each letter is a failure of that family; <c>+</c> lets ten minutes pass. The last letter is the family in use.
    /// </summary>
    [Theory]
    [InlineData("64", "6", '4')]
    [InlineData("64", "66", '4')]
    [InlineData("64", "64", '6')]
    [InlineData("64", "644", '6')]
    [InlineData("64", "66+6", '6')]
    [InlineData("64", "66+64", '6')]
    [InlineData("46", "4", '4')]
    [InlineData("46", "44444", '4')]
    [InlineData("66", "6", '6')]
    [InlineData("44", "4", '4')]
    [InlineData("64", "6<6", '4')]
    [InlineData("64", "6>6", '4')]
    [InlineData("64", "6<+6", '6')]
    [InlineData("64", "6>+6", '6')]
    public void Failures_change_the_family(string families, string failures, char inUse)
    {
        var region = Region(families, EdgeIpVersion.Auto);
        foreach (var failure in failures)
        {
            if (failure == '+')
            {
                _time.Advance(TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(1));
            }
            else if (failure is '<' or '>')
            {
                // Somebody sets the machine's date.
                _time.Jump(TimeSpan.FromDays(failure == '<' ? -3650 : 3650));
            }
            else
            {
                region.Failed(new EdgeAddress(failure == '6' ? V6(1).First() : V4(1).First()));
            }
        }

        Assert.All(region.Active, address => Assert.Equal(inUse == '6', address.IsIPv6));
        Assert.NotEmpty(region.Active);
    }

    private static IEnumerable<IPEndPoint> V4(int count, int region = 1) => Enumerable.Range(1, count)
        .Select(i => IPEndPoint.Parse(string.Create(CultureInfo.InvariantCulture, $"10.{region}.0.{i}:7844")));

    private static IEnumerable<IPEndPoint> V6(int count) => Enumerable.Range(1, count)
        .Select(i => IPEndPoint.Parse(string.Create(CultureInfo.InvariantCulture, $"[fd00::{i}]:7844")));

    private EdgeAddressPool TwoRegions(int first, int second) =>
        new([V4(first, 1), V4(second, 2)], EdgeIpVersion.Auto, _time, new Random(1));

    private EdgeRegion Region(string families, EdgeIpVersion version)
    {
        var (v4, v6) = (V4(9).ToArray(), V6(9).ToArray());
        return new EdgeRegion(families.Select((family, i) => family == '6' ? v6[i] : v4[i]), version, _time);
    }
}
