using System.Globalization;
using System.Text;
using Culvert.Ingress.Snapshots;

namespace Culvert.Ingress.Tests.Snapshots;

public class HostIndexTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(1000)]
    [InlineData(100_000)]
    public void Look_up_reads_as_few_slots_of_a_long_table_as_of_a_short_one(int count)
    {
        var hosts = Hosts(count, "app");
        var index = new HostIndex(hosts, Enumerable.Range(0, count).ToArray());
        var others = Hosts(1000, "not");
        var read = 0L;
        for (var i = 0; i < count; i++)
        {
            Assert.True(index.TryFind(hosts[i], out var value) && value == i);
            read += index.SlotsRead(hosts[i], ends: false);
        }

        foreach (var other in others)
        {
            Assert.False(index.TryFind(other, out _));
            Assert.InRange(index.SlotsRead(other, ends: false), 0, 100);
        }

        // Half full, linear probing reads 1.5 slots on average.
        Assert.True(read <= Math.Max(2.0 * count, count + 10), $"{read} slots for {count} hosts");
    }

    [Fact]
    public void Host_of_a_length_that_no_entry_has_is_not_looked_up()
    {
        var index = new HostIndex([[1, 2, 3]], [7]);

        Assert.Equal(0, index.SlotsRead([1, 2], ends: false));
        Assert.Equal(1, index.SlotsRead([1, 2, 3], ends: false));
        Assert.Equal(0, index.SlotsRead(new byte[100], ends: false));
    }

    [Fact]
    public void Hosts_of_every_length_are_told_apart()
    {
        var hosts = Enumerable.Range(0, 300).Select(length => Encoding.ASCII.GetBytes(new string('a', length))).ToArray();
        var index = new HostIndex(hosts, Enumerable.Range(0, hosts.Length).ToArray());

        for (var i = 0; i < hosts.Length; i++)
        {
            Assert.True(index.TryFind(hosts[i], out var value) && value == i);
            var other = hosts[i].ToArray();
            if (other.Length > 0)
            {
                other[i / 2]++;
                Assert.False(index.TryFind(other, out _));
            }
        }
    }

    [Fact]
    public void Longest_end_is_found()
    {
        var index = new HostIndex([".com"u8.ToArray(), ".b.com"u8.ToArray(), "."u8.ToArray()], [1, 2, 3]);

        Assert.True(index.TryFindEnd("a.b.com"u8, out var value) && value == 2);
        Assert.True(index.TryFindEnd(".b.com"u8, out value) && value == 2);
        Assert.True(index.TryFindEnd("ab.com"u8, out value) && value == 1);
        Assert.True(index.TryFindEnd("a.b.com."u8, out value) && value == 3);
        Assert.False(index.TryFindEnd("com"u8, out _));
        Assert.False(index.TryFindEnd(""u8, out _));
    }

    [Fact]
    public void Values_can_be_replaced_by_number()
    {
        var index = new HostIndex(["a"u8.ToArray(), "b"u8.ToArray()], [1, 0]).WithValues([5, -6]);

        Assert.True(index.TryFind("a"u8, out var value) && value == -6);
        Assert.True(index.TryFind("b"u8, out value) && value == 5);
    }

    private static byte[][] Hosts(int count, string name) =>
        [.. Enumerable.Range(0, count).Select(
            i => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{name}{i:D5}.example.com")))];
}
