using Culvert.PerfGate.Rings;
using Culvert.PerfGate.Statistics;

namespace Culvert.PerfGate.Tests.Rings;

public class PairedRingTests
{
    [Fact]
    public void A_drift_of_the_machine_cancels_out()
    {
        double[] baseline = [10, 12, 15, 20, 30, 45];

        var ratio = Interval.OfGroups([PairedRing.Ratios([.. baseline.Select(cpu => cpu * 1.08)], baseline)]);

        Assert.Equal(1.08, ratio.Low, 9);
        Assert.True(PairedRing.Fails(ratio));
    }

    [Theory]
    [InlineData(1.10, 1.04, false)]
    [InlineData(1.06, 1.05, false)]
    [InlineData(1.07, 1.0501, true)]
    [InlineData(0.9, 0.8, false)]
    public void Only_the_lower_bound_decides(double estimate, double low, bool fails) =>
        Assert.Equal(fails, PairedRing.Fails(new Interval(estimate, low, estimate + 0.1)));

    [Theory]
    [InlineData(0.95, 1.04, true)]
    [InlineData(0.95, 1.05, true)]
    [InlineData(1.04, 1.12, false)]
    [InlineData(1.06, 1.12, false)]
    public void More_batches_are_run_until_the_upper_bound_acquits(double low, double high, bool acquits) =>
        Assert.Equal(acquits, PairedRing.Acquits(new Interval((low + high) / 2, low, high)));

    [Fact]
    public void One_unlucky_process_convicts_nobody()
    {
        double[] slow = [1.16, 1.17, 1.18, 1.19, 1.2, 1.17, 1.18, 1.16];
        double[] even = [0.99, 1, 1.01, 1, 0.98, 1.02, 1, 1.01];

        Assert.True(PairedRing.Fails(Interval.OfMedian(slow)));
        Assert.False(PairedRing.Fails(Interval.OfGroups([slow, even, even, even])));
        Assert.False(PairedRing.Fails(Interval.OfGroups([slow, slow, slow, even])));
    }

    [Fact]
    public void What_all_batches_say_does()
    {
        double[] slow = [1.07, 1.08, 1.09, 1.1, 1.06, 1.08, 1.09, 1.07];

        Assert.True(PairedRing.Fails(Interval.OfGroups([slow, slow, slow, slow])));
    }

    [Fact]
    public void No_figures_are_no_pass() =>
        Assert.True(PairedRing.Fails(Interval.OfGroups([])));
}
