using System.Text;
using Culvert.CommandLine.Logging;
using Culvert.Tests.Fixtures;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Tests.Logging;

public sealed partial class CommandLoggerTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    private readonly FakeTime _time = new();

    [Fact]
    public async Task Event_goes_to_every_sink_in_its_format_with_its_fields()
    {
        var (console, file) = (new MemorySink(), new MemorySink());
        await using (var logger = Logger(LogLevel.Information, console, file))
        {
            LogRegistered(logger, 3, "::1");
            logger.LogError(new IOException("broken"), "Failed {connIndex}", 1);
            logger.LogDebug("not this");
            logger.Write(LogLevel.Information, "plain");
        }

        const string Expected = "2026-01-02T03:04:05Z INF Registered connection connIndex=3 event=0 ip=::1\n"
            + "2026-01-02T03:04:05Z ERR Failed error=broken connIndex=1 event=0\n2026-01-02T03:04:05Z INF plain\n";
        Assert.Equal(Expected, console.Text);
        Assert.Equal(Expected, file.Text);
    }

    [Fact]
    public async Task S11_12_SinkThatFailsDoesNotStopTheOthers()
    {
        var good = new MemorySink();
        var bad = new MemorySink { Fails = true };
        var logger = Logger(LogLevel.Information, bad, good);
        for (var i = 0; i < 5; i++)
        {
            logger.LogInformation("line {number}", i);
        }

        await logger.DisposeAsync();

        Assert.Equal(5, good.Text.Count(c => c == '\n'));
        Assert.Equal("", bad.Text);
        Assert.Equal(5, logger.Dropped);
    }

    [Fact]
    public async Task Sink_that_stalls_holds_up_nobody_and_says_afterwards_what_was_lost()
    {
        var sink = new MemorySink();
        sink.Gate.Reset();
        var logger = Logger(LogLevel.Information, sink);
        logger.LogInformation("first");
        await sink.Entered.Task.WaitAsync(Long);
        for (var i = 0; i < LogQueue.Capacity + 7; i++)
        {
            logger.LogInformation("line");
        }

        Assert.Equal(7, logger.Dropped);
        sink.Gate.Set();
        await logger.DisposeAsync();

        Assert.Contains(
            "WRN Log lines were dropped: they came faster than they could be written dropped=7\n", sink.Text,
            StringComparison.Ordinal);
        Assert.Equal(LogQueue.Capacity, sink.Text.Split("INF line\n").Length - 1);
    }

    [Fact]
    public async Task Long_lines_that_wait_are_bounded_in_memory()
    {
        var sink = new MemorySink();
        sink.Gate.Reset();
        var logger = Logger(LogLevel.Information, sink);
        logger.LogInformation("first");
        await sink.Entered.Task.WaitAsync(Long);
        var text = new string('x', LogQueue.MaxCharacters / 10);
        for (var i = 0; i < 20; i++)
        {
            logger.LogInformation("long {text}", text);
        }

        Assert.InRange(logger.Dropped, 11, 12);
        sink.Gate.Set();
        await logger.DisposeAsync();
    }

    [Fact]
    public async Task Event_below_the_level_costs_no_allocation()
    {
        await using var logger = Logger(LogLevel.Information, new MemorySink());
        LogHot(logger, 1, "warm");
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
        {
            LogHot(logger, i, "text");
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private CommandLogger Logger(LogLevel minimum, params MemorySink[] sinks) =>
        new(minimum, _time, [.. sinks.Select(sink => new LogQueue(sink, new TextFormat(colour: false), _time))]);

    [LoggerMessage(Level = LogLevel.Information, Message = "Registered connection {connIndex} {ip}")]
    private static partial void LogRegistered(ILogger logger, byte connIndex, string ip);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Hot {number} {text}")]
    private static partial void LogHot(ILogger logger, int number, string text);

    private sealed class MemorySink : ILogSink
    {
        private readonly StringBuilder _text = new();

        public ManualResetEventSlim Gate { get; } = new(true);

        public TaskCompletionSource Entered { get; } = new();

        public bool Fails { get; init; }

        public string Text => _text.ToString();

        public void Write(ReadOnlySpan<byte> lines)
        {
            Entered.TrySetResult();
            Gate.Wait(Long);
            if (Fails)
            {
                throw new IOException("disk full");
            }

            _text.Append(Encoding.UTF8.GetString(lines));
        }

        public void Dispose() => Gate.Dispose();
    }
}
