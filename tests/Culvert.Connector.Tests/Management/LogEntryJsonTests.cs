using System.Buffers;
using System.Text;
using Culvert.Connector.Logging;
using Culvert.Connector.Management;
using Microsoft.Extensions.Logging;

namespace Culvert.Connector.Tests.Management;

public sealed class LogEntryJsonTests
{
    [Fact]
    public void C26_EntryHasItsMembersAndTheOtherFields() => Assert.Equal(
        """{"type":"logs","logs":[{"time":"2026-01-02T03:04:05Z","level":"info","message":"GET /","event":"http","fields":{"connIndex":2,"lbProbe":true}}]}""",
        Write(LogLevel.Information, "GET /", new("connIndex", (byte)2), new("event", 1), new("lbProbe", true)));

    [Fact]
    public void C26_WhatHasItsZeroValueIsLeftOut() => Assert.Equal(
        """{"type":"logs","logs":[{"time":"2026-01-02T03:04:05Z"}]}""",
        Write(LogLevel.Debug, "", new KeyValuePair<string, object?>("event", 0)));

    [Fact]
    public void C26_EventWithAnErrorIsOne() => Assert.Equal(
        """{"type":"logs","logs":[{"time":"2026-01-02T03:04:05Z","level":"error","message":"m","fields":{"error":"x"}}]}""",
        Write(LogLevel.Debug, "m", new KeyValuePair<string, object?>("error", "x")));

    [Theory]
    [InlineData("http")]
    [InlineData(4)]
    [InlineData(-1)]
    [InlineData(1.0)]
    public void S11_9_EventThatIsNoNumberOfOneIsTheConnectors(object value) => Assert.Equal(
        """{"type":"logs","logs":[{"time":"2026-01-02T03:04:05Z","level":"warn","message":"m"}]}""",
        Write(LogLevel.Warning, "m", new KeyValuePair<string, object?>("event", value)));

    [Fact]
    public void S11_9_TopLevelKeysAreNotRepeatedInsideFields() => Assert.Equal(
        """{"type":"logs","logs":[{"time":"2026-01-02T03:04:05Z","message":"m","fields":{"a":2}}]}""",
        Write(LogLevel.Debug, "m", new("time", 1), new("level", "x"), new("message", "y"), new("a", 1), new("a", 2)));

    private static string Write(LogLevel level, string message, params KeyValuePair<string, object?>[] fields)
    {
        var output = new ArrayBufferWriter<byte>();
        LogEntryJson.Write(new LogRecord(new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), level, message, fields), output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
