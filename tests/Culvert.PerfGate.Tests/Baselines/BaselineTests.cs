using Culvert.PerfGate.Baselines;

namespace Culvert.PerfGate.Tests.Baselines;

public class BaselineTests
{
    private static readonly Baseline Example = new()
    {
        Commit = "abc",
        CommitReason = "the first",
        Figures = [
            new BaselineFigure("a", 10, "first") { Slack = 1, SlackReason = "noise" },
            new BaselineFigure("b", 5, "first") { MoreIsBetter = true }],
    };

    [Fact]
    public void It_survives_its_file()
    {
        var read = Baseline.Parse(Example.ToJson());

        Assert.Equal(Example.Figures, read.Figures);
        Assert.Equal("abc", read.Commit);
    }

    [Theory]
    [InlineData("""{ "figures": [ { "name": "a", "value": 1, "reason": " " } ] }""", "no reason")]
    [InlineData(
        """{ "figures": [ { "name": "a", "value": 1, "reason": "x" }, { "name": "a", "value": 2, "reason": "y" } ] }""", "twice")]
    [InlineData("""{ "figures": [], "tolerance": 3 }""", "not valid")]
    [InlineData("{", "not valid")]
    [InlineData("null", "empty")]
    public void A_mistake_in_it_is_named(string json, string expected) =>
        Assert.Contains(expected, Assert.Throws<GateException>(() => Baseline.Parse(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void Recording_changes_what_has_changed_and_keeps_the_other_reasons()
    {
        var recorded = Example.With([new("a", 10.5), new("b", 7), new("c", 1)], "faster");
        var moved = Example.With([new("a", 5)], "faster").Figures[0];

        Assert.Equal(
            [
                Example.Figures[0],
                new BaselineFigure("b", 7, "faster") { MoreIsBetter = true },
                new BaselineFigure("c", 1, "faster"),
            ],
            recorded.Figures);
        Assert.Equal(new BaselineFigure("a", 5, "faster") { Slack = 1, SlackReason = "noise" }, moved);
    }
}
