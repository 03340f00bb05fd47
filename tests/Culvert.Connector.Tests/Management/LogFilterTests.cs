using System.Text;
using Culvert.Connector.Logging;
using Culvert.Connector.Management;
using Microsoft.Extensions.Logging;

namespace Culvert.Connector.Tests.Management;

public sealed class LogFilterTests
{
    private static readonly LogRecord HttpInformation = Record(
        LogLevel.Information, new KeyValuePair<string, object?>("event", 1));

    public static TheoryData<string, bool> Filters => new()
    {
        { "{}", true },
        { """{"level":"info"}""", true },
        { """{"level":"warn"}""", false },
        { """{"events":["http"]}""", true },
        { """{"events":["cloudflared"]}""", false },
        { """{"events":[]}""", true },
        { """{"sampling":0.9999999}""", true },
        { """{"sampling":-1}""", true },
        { """{"sampling":2}""", true },
        { """{"level":"debug","events":["tcp","http"]}""", true },
        { """{"level":"error","events":["http"]}""", false },
        { """{"level":null,"events":null,"sampling":null,"other":[1]}""", true },
    };

    [Theory, MemberData(nameof(Filters))]
    public void S11_9_FilterKeepsOrDrops(string filters, bool kept) =>
        Assert.Equal(kept, Parse(filters)!.Passes(HttpInformation, () => 99));

    [Theory]
    [InlineData(0.5, 50, true)]
    [InlineData(0.5, 51, false)]
    [InlineData(0.5, 0, true)]
    [InlineData(0.019, 1, true)]
    [InlineData(0.019, 2, false)]
    [InlineData(0.0, 99, true)]
    [InlineData(1.0, 99, true)]
    public void C26_SampleIsKeptUpToItsShare(double share, int random, bool kept) =>
        Assert.Equal(kept, new LogFilter { Sampling = share }.Passes(HttpInformation, () => random));

    [Fact]
    public void C26_EventWithAnErrorIsOneWhateverItsLevel() =>
        Assert.True(
            Parse("""{"level":"error"}""")!.Passes(
                Record(LogLevel.Debug, new KeyValuePair<string, object?>("error", "x")), () => 0));

    [Theory]
    [InlineData("""{"level":"INFO"}""")]
    [InlineData("""{"level":"trace"}""")]
    [InlineData("""{"level":1}""")]
    [InlineData("""{"events":["dns"]}""")]
    [InlineData("""{"events":"http"}""")]
    [InlineData("""{"events":[1]}""")]
    [InlineData("""{"sampling":"1"}""")]
    [InlineData("[]")]
    [InlineData("7")]
    public void C26_FilterWithAValueThatIsNoneIsNone(string filters) => Assert.Null(Parse(filters));

    [Theory]
    [InlineData("""{"type":"stop_streaming"}""", "Stop")]
    [InlineData("""{"type":"start_streaming"}""", "Start")]
    [InlineData("""{"type":"start_streaming","filters":null}""", "Start")]
    [InlineData("""{"type":"logs"}""", "invalid client message type was provided: logs")]
    [InlineData("""{"type":""}""", "invalid message type was provided")]
    [InlineData("""{"type":7}""", "invalid message type was provided")]
    [InlineData("{}", "invalid message type was provided")]
    [InlineData("[]", "invalid message type was provided")]
    public void S11_9_CommandIsParsedOrRejected(string message, string expected)
    {
        var command = LogCommand.Parse(Encoding.UTF8.GetBytes(message));

        Assert.Equal(expected, command is LogCommand.Invalid invalid ? invalid.Reason : command.GetType().Name);
    }

    [Fact]
    public void S11_9_CommandThatIsNoJsonSaysWhy() =>
        Assert.NotEmpty(Assert.IsType<LogCommand.Invalid>(LogCommand.Parse("{"u8.ToArray())).Reason);

    private static LogFilter? Parse(string filters) =>
        ((LogCommand.Start)LogCommand.Parse(
            Encoding.UTF8.GetBytes($$"""{"type":"start_streaming","filters":{{filters}}}"""))).Filter;

    private static LogRecord Record(LogLevel level, params KeyValuePair<string, object?>[] fields) =>
        new(DateTimeOffset.UnixEpoch, level, "m", fields);
}
