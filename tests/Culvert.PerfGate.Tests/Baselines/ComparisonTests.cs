using Culvert.PerfGate.Baselines;

namespace Culvert.PerfGate.Tests.Baselines;

public class ComparisonTests
{
    private static readonly Baseline Known = new() { Figures = [new BaselineFigure("a", 10, "why") { Slack = 1 }] };

    [Fact]
    public void What_is_within_its_slack_passes() => Assert.Empty(new Comparison(Known, [new("a", 11)]).Worse);

    [Fact]
    public void What_is_worse_is_named_with_both_figures()
    {
        var comparison = new Comparison(Known, [new("a", 12)]);

        Assert.Equal(["a"], comparison.Worse);
        Assert.Matches("^WORSE +a +12 +baseline 10, room 1$", Assert.Single(comparison.Lines));
    }

    [Fact]
    public void A_measurement_that_the_baseline_does_not_know_fails() =>
        Assert.Equal(["b"], new Comparison(Known, [new("a", 10), new("b", 0)]).Worse);
}
