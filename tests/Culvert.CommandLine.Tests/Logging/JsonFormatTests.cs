using System.Buffers;
using System.Net;
using System.Text;
using System.Text.Json;
using Culvert.CommandLine.Logging;
using Culvert.Connector.Logging;
using Culvert.Engine.Proxying;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Tests.Logging;

public sealed class JsonFormatTests
{
    private static readonly DateTimeOffset Time = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly LogRecord Record = new(
        Time, LogLevel.Warning, "Lost <it>",
        [
            new("ip", IPAddress.Loopback), new("connIndex", (byte)2), new("up", true), new("ratio", 0.5),
            new("big", ulong.MaxValue),
            new("none", null), new("time", "forged"), new("level", "forged"), new("message", "forged"), new("connIndex", 3L),
        ]);

    [Fact]
    public void C31_ConsoleLineHasItsKeysSorted() => Assert.Equal(
        """{"big":18446744073709551615,"connIndex":3,"ip":"127.0.0.1","level":"warn","message":"Lost <it>","none":null,"ratio":0.5"""
            + ""","time":"2026-01-02T03:04:05Z","up":true}""" + "\n",
        Write(Record, sorted: true));

    [Fact]
    public void C31_LineOfAFileIsLevelFieldsTimeMessage() => Assert.Equal(
        """{"level":"warn","ip":"127.0.0.1","connIndex":3,"up":true,"ratio":0.5,"big":18446744073709551615,"none":null"""
            + ""","time":"2026-01-02T03:04:05Z","message":"Lost <it>"}""" + "\n",
        Write(Record, sorted: false));

    [Fact]
    public void ObjectStaysOne() => Assert.Contains(
        ""","headers":{"Accept":["*/*"]},""",
        Write(new LogRecord(Time, LogLevel.Debug, "GET", [new("headers", new LoggedJson("""{"Accept":["*/*"]}"""))]),
            sorted: false),
        StringComparison.Ordinal);

    [Fact]
    public void S11_12_OfDuplicateKeysTheLastValueCounts() =>
        Assert.Equal(1, Write(Record, sorted: true).Split("connIndex").Length - 1);

    [Theory]
    [InlineData(LogLevel.Trace, "trace")]
    [InlineData(LogLevel.Debug, "debug")]
    [InlineData(LogLevel.Information, "info")]
    [InlineData(LogLevel.Error, "error")]
    [InlineData(LogLevel.Critical, "fatal")]
    public void Level_has_the_original_s_name(LogLevel level, string name)
    {
        using var line = JsonDocument.Parse(Write(new LogRecord(Time, level, "a\nb\u001b", []), sorted: false));

        Assert.Equal(name, line.RootElement.GetProperty("level").GetString());
        Assert.Equal("a\nb\u001b", line.RootElement.GetProperty("message").GetString());
    }

    private static string Write(LogRecord record, bool sorted)
    {
        var output = new ArrayBufferWriter<byte>();
        new JsonFormat(sorted).Write(record, output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
