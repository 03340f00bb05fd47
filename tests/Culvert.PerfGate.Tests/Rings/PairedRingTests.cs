using Culvert.PerfGate.Rings;
using Culvert.PerfGate.Statistics;

namespace Culvert.PerfGate.Tests.Rings;

public class PairedRingTests
{
    [Fact]
    public void A_drift_of_the_machine_cancels_out()
    {
        double[] baseline = [10, 12, 15, 20, 30, 45];

        var ratio = PairedRing.Ratio([.. baseline.Select(cpu => cpu * 1.08)], baseline);

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
    [InlineData(0.95, 1.04, false)]
    [InlineData(1.04, 1.12, true)]
    [InlineData(1.06, 1.12, false)]
    public void More_rounds_are_run_while_the_interval_holds_the_limit(double low, double high, bool isOpen) =>
        Assert.Equal(isOpen, PairedRing.IsOpen(new Interval((low + high) / 2, low, high)));

    [Fact]
    public void No_figures_are_no_pass() =>
        Assert.True(PairedRing.Fails(PairedRing.Ratio([], [])));
}
