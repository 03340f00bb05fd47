using Culvert.Connector.Logging;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Logging;

/// <summary>
/// The logger of a command: every event from its level on goes to each of its queues. An event below the level costs a
/// comparison. Thread-safe. Disposing writes what waits.
/// </summary>
internal sealed class CommandLogger(LogLevel minimum, TimeProvider time, params IReadOnlyList<LogQueue> queues)
    : ILogger, IAsyncDisposable
{
    /// <summary>Events that were not written, at each queue.</summary>
    public long Dropped => queues.Sum(queue => queue.Dropped);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= minimum && logLevel != LogLevel.None;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            Add(LogRecord.Capture(time.GetUtcNow(), logLevel, state, exception, formatter));
        }
    }

    /// <summary>Writes a message without fields.</summary>
    public void Write(LogLevel level, string message)
    {
        if (IsEnabled(level))
        {
            Add(new LogRecord(time.GetUtcNow(), level, message, []));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var queue in queues)
        {
            await queue.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void Add(LogRecord record)
    {
        foreach (var queue in queues)
        {
            queue.Add(record);
        }
    }
}
