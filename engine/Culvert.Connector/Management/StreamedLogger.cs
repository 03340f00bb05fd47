using Culvert.Connector.Logging;
using Microsoft.Extensions.Logging;

namespace Culvert.Connector.Management;

/// <summary>
/// Passes events on to a logger and, while a client of the management service listens, to that client, whatever the logger's
/// level. While nobody listens it costs a comparison. Thread-safe.
/// </summary>
/// <param name="inner">The logger; not owned.</param>
/// <param name="time">The clock of the events; null for the system's.</param>
public sealed class StreamedLogger(ILogger inner, TimeProvider? time = null) : ILogger
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>Where clients listen.</summary>
    internal LogStream Stream { get; } = new();

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => inner.BeginScope(state);

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel) || Stream.IsEnabled(logLevel);

    /// <inheritdoc/>
    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (inner.IsEnabled(logLevel))
        {
            inner.Log(logLevel, eventId, state, exception, formatter);
        }

        if (Stream.IsEnabled(logLevel))
        {
            Stream.Publish(LogRecord.Capture(_time.GetUtcNow(), logLevel, state, exception, formatter));
        }
    }
}
