using Culvert.CommandLine.Signals;
using Culvert.CommandLine.Tests.Fixtures;

namespace Culvert.CommandLine.Tests.Signals;

public sealed class StandardInputControlTests
{
    [Fact]
    public async Task K33_CommandsAreObeyedUntilTheInputEnds()
    {
        var delays = new List<TimeSpan>();
        var log = new TextLog();
        using var input = new StringReader("reconnect\n\n  reconnect   1m2s\nreconnect soon\nhelp\nstop\n");

        await StandardInputControl.RunAsync(input, delays.Add, log, CancellationToken.None);

        Assert.Equal([TimeSpan.Zero, TimeSpan.FromSeconds(62)], delays);
        var lines = log.ToString().Split(Environment.NewLine);
        Assert.Equal("Enabling control through stdin", lines[0]);
        Assert.Equal(2, lines.Count(line => line == "Sending reconnect signal"));
        Assert.Equal(
            ["Unknown command reconnect soon", "Unknown command stop"],
            lines.Where(line => line.StartsWith("Unknown", StringComparison.Ordinal)));
    }
}
