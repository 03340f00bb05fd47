namespace Culvert.PerfGate.Tests;

public class ProcessorTests
{
    [Theory]
    [InlineData("1", "skipped ring 1's copies")]
    [InlineData("2", "skipped ring 2:")]
    public void What_another_processor_cannot_compare_is_said(string ring, string expected) =>
        Assert.StartsWith(expected, Assert.Single(Processor.Skipped(asked => asked == ring)), StringComparison.Ordinal);

    [Fact]
    public void Ring_3_runs_everywhere() => Assert.Empty(Processor.Skipped(asked => asked == "3"));
}
