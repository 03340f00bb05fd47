using Culvert.CommandLine.Logging;
using Culvert.Tests.Fixtures;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Tests.Logging;

public sealed class TextLoggerTests : IDisposable
{
    private readonly StringWriter _output = new() { NewLine = "\n" };
    private readonly TextLogger _logger;

    public TextLoggerTests() => _logger = new TextLogger(_output, LogLevel.Debug, new FakeTime());

    [Theory]
    [InlineData(LogLevel.Debug, "DBG")]
    [InlineData(LogLevel.Information, "INF")]
    [InlineData(LogLevel.Warning, "WRN")]
    [InlineData(LogLevel.Error, "ERR")]
    [InlineData(LogLevel.Critical, "FTL")]
    public void Line_begins_with_UTC_time_and_level(LogLevel level, string name)
    {
        _logger.Write(level, "hello");

        Assert.Equal($"2026-01-02T03:04:05Z {name} hello\n", _output.ToString());
    }

    [Fact]
    public void Less_important_lines_are_left_out()
    {
        _logger.Write(LogLevel.Trace, "hello");

        Assert.Equal("", _output.ToString());
        Assert.False(_logger.IsEnabled(LogLevel.None));
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("127.0.0.1:7844", "127.0.0.1:7844")]
    [InlineData("", "\"\"")]
    [InlineData("two words", "\"two words\"")]
    [InlineData("say \"hi\"", "\"say \\\"hi\\\"\"")]
    [InlineData("quo\"te", "\"quo\\\"te\"")]
    [InlineData("a\\ b", "\"a\\\\ b\"")]
    [InlineData("line\nbreak", "\"line\\nbreak\"")]
    [InlineData("line\r\nbreak", "\"line\\u000d\\nbreak\"")]
    [InlineData("\u001b[31mred", "\"\\u001b[31mred\"")]
    [InlineData("\u0085next", "\"\\u0085next\"")]
    [InlineData("na\u00efve", "\"na\u00efve\"")]
    public void Field_is_quoted_and_escaped_when_it_has_to_be(string value, string expected)
    {
        _logger.LogInformation("Message {error}", value);

        Assert.Equal($"2026-01-02T03:04:05Z INF Message error={expected}\n", _output.ToString());
    }

    [Fact]
    public void Fields_follow_the_message_in_the_order_of_the_template()
    {
        _logger.LogInformation("Retrying in {seconds}s {connIndex} {ip}", 1.5, 3, "::1");

        Assert.EndsWith(" INF Retrying in 1.5s connIndex=3 ip=::1\n", _output.ToString());
    }

    [Fact]
    public void Exception_is_a_field_of_its_own()
    {
        _logger.LogError(new IOException("broken\npipe"), "Failed {connIndex}", 1);

        Assert.EndsWith(" ERR Failed connIndex=1 error=\"broken\\npipe\"\n", _output.ToString());
    }

    [Fact]
    public void Value_inside_the_message_cannot_begin_a_line()
    {
        _logger.LogInformation("Id: {id}", "x\n2026-01-02T03:04:05Z INF forged\u001b[2J");

        Assert.Equal("2026-01-02T03:04:05Z INF Id: x\\n2026-01-02T03:04:05Z INF forged\\u001b[2J\n", _output.ToString());
    }

    [Fact]
    public void Message_without_a_template_cannot_begin_a_line()
    {
        _logger.Write(LogLevel.Error, "Failed to parse log level \"a\nb\"");

        Assert.Equal("2026-01-02T03:04:05Z ERR Failed to parse log level \"a\\nb\"\n", _output.ToString());
    }

    public void Dispose() => _output.Dispose();
}
