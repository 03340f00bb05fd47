using System.Globalization;
using Culvert.CommandLine.Counters;

namespace Culvert.CommandLine.Tests.Counters;

public class CounterReportTests
{
    [Fact]
    public void The_line_has_every_counter_as_a_number()
    {
        var words = CounterReport.Line().Split(' ');

        Assert.Equal("counters", words[0]);
        var counters = words[1..].Select(word => word.Split('=')).ToDictionary(
            pair => pair[0], pair => long.Parse(pair[1], NumberStyles.None, CultureInfo.InvariantCulture));
        Assert.Equal(
            ["allocated", "collections", "heap", "udp_sends", "udp_messages", "udp_sent", "udp_receives", "udp_received",
             "rented"],
            counters.Keys.ToArray());
        Assert.True(counters["allocated"] > 0);
    }

    [Fact]
    public void Garbage_shows_in_the_next_line()
    {
        static long Allocated() => long.Parse(CounterReport.Line().Split(' ')[1].Split('=')[1], CultureInfo.InvariantCulture);
        var before = Allocated();
        GC.KeepAlive(new byte[1_000_000]);

        Assert.True(Allocated() - before >= 1_000_000);
    }

    [Fact]
    public void Nothing_listens_unless_asked()
    {
        var output = new StringWriter();

        Assert.Null(CounterReport.StartWhenAsked(output));
        Assert.Empty(output.ToString());
    }
}
