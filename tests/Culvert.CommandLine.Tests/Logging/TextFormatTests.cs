using System.Buffers;
using System.Text;
using Culvert.CommandLine.Logging;
using Culvert.Connector.Logging;
using Culvert.Engine.Proxying;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Tests.Logging;

public sealed class TextFormatTests
{
    private static readonly DateTimeOffset Time = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);

    [Theory]
    [InlineData(LogLevel.Trace, "TRC")]
    [InlineData(LogLevel.Debug, "DBG")]
    [InlineData(LogLevel.Information, "INF")]
    [InlineData(LogLevel.Warning, "WRN")]
    [InlineData(LogLevel.Error, "ERR")]
    [InlineData(LogLevel.Critical, "FTL")]
    public void C31_LineBeginsWithUtcTimeAndLevel(LogLevel level, string name) =>
        Assert.Equal($"2026-01-02T03:04:05Z {name} hello\n", Write(level, "hello"));

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("127.0.0.1:7844", "127.0.0.1:7844")]
    [InlineData("", "\"\"")]
    [InlineData("two words", "\"two words\"")]
    [InlineData("say \"hi\"", "\"say \\\"hi\\\"\"")]
    [InlineData("quo\"te", "\"quo\\\"te\"")]
    [InlineData("a\\b", "\"a\\\\b\"")]
    [InlineData("line\nbreak", "\"line\\nbreak\"")]
    [InlineData("line\r\nbreak", "\"line\\u000d\\nbreak\"")]
    [InlineData("\u001b[31mred", "\"\\u001b[31mred\"")]
    [InlineData("\u0085next", "\"\\u0085next\"")]
    [InlineData("na\u00efve", "\"na\u00efve\"")]
    public void Field_is_quoted_and_escaped_when_it_has_to_be(string value, string expected) =>
        Assert.Equal(
            $"2026-01-02T03:04:05Z INF Message error={expected}\n",
            Write(LogLevel.Information, "Message", new KeyValuePair<string, object?>("error", value)));

    [Fact]
    public void C31_ErrorComesFirstAndTheOtherFieldsByName() => Assert.EndsWith(
        " ERR Failed error=broken connIndex=3 ip=::1\n",
        Write(LogLevel.Error, "Failed", new("ip", "::1"), new("connIndex", 3), new("error", "broken")), StringComparison.Ordinal);

    [Fact]
    public void ObjectsAndTruthValuesAreWrittenAsInTheOriginal() => Assert.EndsWith(
        """ DBG GET hard_fail=false headers={"Accept":["*/*"]}""" + "\n",
        Write(LogLevel.Debug, "GET", new("headers", new LoggedJson("""{"Accept":["*/*"]}""")), new("hard_fail", false)),
        StringComparison.Ordinal);

    [Fact]
    public void Message_cannot_begin_a_line() => Assert.Equal(
        "2026-01-02T03:04:05Z INF Id: x\\n2026-01-02T03:04:05Z INF forged\\u001b[2J\n",
        Write(LogLevel.Information, "Id: x\n2026-01-02T03:04:05Z INF forged\u001b[2J"));

    [Fact]
    public void Terminal_gets_colours()
    {
        var output = new ArrayBufferWriter<byte>();
        new TextFormat(colour: true).Write(new LogRecord(Time, LogLevel.Information, "hello", [new("a", 1)]), output);

        Assert.Equal(
            "\u001b[90m2026-01-02T03:04:05Z\u001b[0m \u001b[32mINF\u001b[0m hello \u001b[36ma=\u001b[0m1\n",
            Encoding.UTF8.GetString(output.WrittenSpan));
    }

    private static string Write(LogLevel level, string message, params KeyValuePair<string, object?>[] fields)
    {
        var output = new ArrayBufferWriter<byte>();
        new TextFormat(colour: false).Write(new LogRecord(Time, level, message, fields), output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
