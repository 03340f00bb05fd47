using Culvert.PerfGate.Baselines;

namespace Culvert.PerfGate.Tests.Baselines;

public class BaselineFigureTests
{
    [Theory]
    [InlineData(100, Verdict.Same)]
    [InlineData(107, Verdict.Same)]
    [InlineData(107.1, Verdict.Worse)]
    [InlineData(93, Verdict.Same)]
    [InlineData(92.9, Verdict.Better)]
    public void The_two_slacks_add_up(double measured, Verdict expected) => Assert.Equal(
        expected, new BaselineFigure("x", 100, "why") { Slack = 5, SlackShare = 0.02 }.Judge(measured));

    [Theory]
    [InlineData(41, Verdict.Same)]
    [InlineData(20, Verdict.Worse)]
    [InlineData(60, Verdict.Better)]
    public void More_may_be_better(double measured, Verdict expected) => Assert.Equal(
        expected, new BaselineFigure("x", 40, "why") { SlackShare = 0.25, MoreIsBetter = true }.Judge(measured));

    [Fact]
    public void Without_slack_the_figure_is_exact()
    {
        var figure = new BaselineFigure("x", 0, "why");

        Assert.Equal(Verdict.Same, figure.Judge(0));
        Assert.Equal(Verdict.Worse, figure.Judge(0.001));
    }

    [Fact]
    public void What_is_not_a_number_is_worse() =>
        Assert.Equal(Verdict.Worse, new BaselineFigure("x", 1, "why") { Slack = 100 }.Judge(double.NaN));
}
