using Culvert.CommandLine.Commands;

namespace Culvert.CommandLine.Tests.Commands;

public sealed class UpdateCommandTests
{
    [Theory]
    [InlineData]
    [InlineData("--beta", "--force", "--staging")]
    [InlineData("--version", "2026.8.2")]
    [InlineData("--version=2026.8.2", "--beta=true")]
    public async Task K35_UpdatesComeTheWayTheProgramWasInstalledAndNoTimerRestartsAnything(params string[] flags)
    {
        var (output, errors) = (new StringWriter(), new StringWriter());

        Assert.Equal(0, await CommandTree.RunAsync(["update", .. flags], output, errors));
        Assert.Empty(output.ToString());
        var line = Assert.Single(errors.ToString().TrimEnd().Split('\n'));
        Assert.Contains("update it the way it was installed", line, StringComparison.Ordinal);
        Assert.Contains("'culvert --version'", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task K35_WhatIsNoFlagOfItIsAMistake() =>
        Assert.Equal(255, await CommandTree.RunAsync(["update", "--nightly"], new StringWriter(), new StringWriter()));
}
