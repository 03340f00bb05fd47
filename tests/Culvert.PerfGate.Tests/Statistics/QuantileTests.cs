using Culvert.PerfGate.Statistics;

namespace Culvert.PerfGate.Tests.Statistics;

public class QuantileTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.5, 5)]
    [InlineData(0.51, 6)]
    [InlineData(0.9, 9)]
    [InlineData(0.99, 10)]
    [InlineData(1, 10)]
    public void Nearest_rank_of_ten(double share, double expected) =>
        Assert.Equal(expected, Quantile.Of([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], share));

    [Fact]
    public void Of_nothing_is_not_a_number() => Assert.True(double.IsNaN(Quantile.Of([], 0.5)));

    [Theory]
    [InlineData(-0.01)]
    [InlineData(1.01)]
    public void A_share_lies_between_0_and_1(double share) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Quantile.Of([1], share));

    [Fact]
    public void Median_takes_the_middle_whatever_the_order()
    {
        Assert.Equal(3, Quantile.Median([5, 1, 3]));
        Assert.Equal(2.5, Quantile.Median([4, 1, 2, 3]));
        Assert.True(double.IsNaN(Quantile.Median([])));
    }
}
