using Culvert.Connector.Supervision;

namespace Culvert.Connector.Tests.Supervision;

public class BackoffTests
{
    private static readonly TimeSpan Unit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    [Fact]
    public void Limit_doubles_up_to_the_largest_exponent()
    {
        var backoff = new Backoff(5, Unit, Longest, new FixedRandom(0));
        var limits = new List<double>();
        for (var i = 0; i < 7; i++)
        {
            limits.Add(backoff.NextLimit.TotalSeconds);
            backoff.Next();
        }

        Assert.Equal([2, 4, 8, 16, 32, 32, 32], limits);
        Assert.Equal(5, backoff.Retries);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.5, 1)]
    [InlineData(0.999, 1.998)]
    public void Wait_is_drawn_from_below_the_limit(double drawn, double seconds) =>
        Assert.Equal(seconds, new Backoff(5, Unit, Longest, new FixedRandom(drawn)).Next().TotalSeconds, 6);

    [Fact]
    public void Every_wait_of_a_real_source_stays_below_its_limit()
    {
        var backoff = new Backoff(4, Unit, Longest, new Random(7844));
        for (var i = 0; i < 1000; i++)
        {
            var limit = backoff.NextLimit;
            Assert.InRange(backoff.Next(), TimeSpan.Zero, limit - TimeSpan.FromTicks(1));
        }
    }

    [Fact]
    public void Success_begins_anew()
    {
        var backoff = new Backoff(5, Unit, Longest, new FixedRandom(0));
        backoff.Next();
        backoff.Next();
        Assert.Equal(2, backoff.Retries);
        backoff.Reset();

        Assert.Equal(0, backoff.Retries);
        Assert.Equal(2 * Unit, backoff.NextLimit);
    }

    [Fact]
    public void No_retries_means_the_unit_each_time()
    {
        var backoff = new Backoff(0, Unit, Longest, new FixedRandom(0));
        backoff.Next();

        Assert.Equal(Unit, backoff.NextLimit);
        Assert.Equal(0, backoff.Retries);
    }

    [Fact]
    public void No_wait_is_longer_than_the_limit_while_retries_go_on_counting()
    {
        var backoff = new Backoff(5, Unit, TimeSpan.FromSeconds(5), new FixedRandom(1));
        var waits = new List<double>();
        for (var i = 0; i < 6; i++)
        {
            waits.Add(backoff.Next().TotalSeconds);
        }

        Assert.Equal([2, 4, 5, 5, 5, 5], waits);
        Assert.Equal(5, backoff.Retries);
    }

    private sealed class FixedRandom(double value) : Random
    {
        public override double NextDouble() => value;
    }
}
