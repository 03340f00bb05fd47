using Culvert.Ingress.Values;

namespace Culvert.Ingress.Tests.Values;

public class GoDurationTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("+0", 0)]
    [InlineData("-0", 0)]
    [InlineData("0s", 0)]
    [InlineData("300ms", 300 * TimeSpan.TicksPerMillisecond)]
    [InlineData("30s", 30 * TimeSpan.TicksPerSecond)]
    [InlineData("1m30s", 90 * TimeSpan.TicksPerSecond)]
    [InlineData("1.5h", 90 * TimeSpan.TicksPerMinute)]
    [InlineData("2h45m", 165 * TimeSpan.TicksPerMinute)]
    [InlineData("1h1m1s1ms", 36_610_010_000)]
    [InlineData(".5s", TimeSpan.TicksPerSecond / 2)]
    [InlineData("5.s", 5 * TimeSpan.TicksPerSecond)]
    [InlineData("+5s", 5 * TimeSpan.TicksPerSecond)]
    [InlineData("-1.5s", -TimeSpan.TicksPerSecond * 3 / 2)]
    [InlineData("10us", 100)]
    [InlineData("10\u00b5s", 100)]
    [InlineData("10\u03bcs", 100)]
    [InlineData("200ns", 2)]
    [InlineData("1s1h", 3601 * TimeSpan.TicksPerSecond)]
    public void Duration_is_read(string text, long ticks)
    {
        Assert.True(GoDuration.TryParse(text, out var duration));
        Assert.Equal(ticks, duration.Ticks);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("+")]
    [InlineData("30")]
    [InlineData("1.5")]
    [InlineData("s")]
    [InlineData(".s")]
    [InlineData("1.2.3s")]
    [InlineData("1d")]
    [InlineData("1S")]
    [InlineData("1 s")]
    [InlineData(" 1s")]
    [InlineData("1s ")]
    [InlineData("--1s")]
    [InlineData("+-1s")]
    [InlineData("1s-1s")]
    [InlineData("1e3s")]
    [InlineData("1,5s")]
    [InlineData("99999999999h")]
    [InlineData("-99999999999h")]
    public void Anything_else_is_refused(string? text)
    {
        Assert.False(GoDuration.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.Zero, duration);
    }

    [Fact]
    public void Number_too_long_for_any_type_is_refused() =>
        Assert.False(GoDuration.TryParse(new string('9', 500) + "ns", out _));
}
