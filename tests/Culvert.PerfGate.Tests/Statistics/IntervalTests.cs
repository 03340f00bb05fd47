using Culvert.PerfGate.Statistics;

namespace Culvert.PerfGate.Tests.Statistics;

public class IntervalTests
{
    [Fact]
    public void The_same_sample_gives_the_same_interval()
    {
        double[] sample = [1.0, 1.2, 0.9, 1.1, 1.3, 1.05];

        Assert.Equal(Interval.OfMedian(sample), Interval.OfMedian(sample));
    }

    [Fact]
    public void It_lies_within_the_sample_around_its_median()
    {
        double[] sample = [1.0, 1.2, 0.9, 1.1, 1.3, 1.05];

        var interval = Interval.OfMedian(sample);

        Assert.Equal(1.075, interval.Estimate, 12);
        Assert.InRange(interval.Low, 0.9, 1.075);
        Assert.InRange(interval.High, 1.075, 1.3);
        Assert.True(interval.Low < interval.High);
    }

    [Fact]
    public void One_value_is_its_own_interval() => Assert.Equal(new Interval(2, 2, 2), Interval.OfMedian([2]));

    [Fact]
    public void Of_nothing_it_is_not_a_number() => Assert.True(double.IsNaN(Interval.OfMedian([]).Low));

    [Fact]
    public void A_quiet_sample_has_a_narrower_interval_than_a_noisy_one()
    {
        var quiet = Interval.OfMedian([0.99, 1, 1.01, 1, 0.995, 1.005]);
        var noisy = Interval.OfMedian([0.5, 1, 1.5, 1, 0.7, 1.3]);

        Assert.True(quiet.High - quiet.Low < noisy.High - noisy.Low);
    }

    [Fact]
    public void It_holds_the_truth_about_as_often_as_it_says()
    {
        // Medians of samples from a known distribution: 95 % nominal; a median of twelve is known to fall a little short or long.
        var random = new Random(7);
        var hits = Enumerable.Range(0, 200).Count(_ =>
        {
            var interval = Interval.OfMedian([.. Enumerable.Range(0, 12).Select(_ => random.NextDouble())]);
            return interval.Low <= 0.5 && 0.5 <= interval.High;
        });

        Assert.InRange(hits, 170, 200);
    }
}
