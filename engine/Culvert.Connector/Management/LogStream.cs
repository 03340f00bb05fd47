using Culvert.Connector.Logging;
using Microsoft.Extensions.Logging;

namespace Culvert.Connector.Management;

/// <summary>Who hears of log events: one client at a time (supervisor-and-operations, section 7.2). Thread-safe.</summary>
internal sealed class LogStream
{
    /// <summary>Most clients that are connected at a time, whether they listen or not.</summary>
    public const int MaxSessions = 16;

    private readonly Lock _lock = new();
    private LogSession? _current;
    private volatile LogLevel _level = LogLevel.None;
    private int _sessions;

    /// <summary>Whether an event of this level would be heard.</summary>
    public bool IsEnabled(LogLevel level) => level >= _level && level != LogLevel.None;

    /// <summary>Takes a place for a client that connects.</summary>
    /// <returns>False when there are too many; else <see cref="Disconnect"/> has to follow.</returns>
    public bool TryConnect()
    {
        lock (_lock)
        {
            return _sessions < MaxSessions && ++_sessions > 0;
        }
    }

    /// <summary>Gives the place of a client back, and stops its stream.</summary>
    public void Disconnect(LogSession session)
    {
        Stop(session);
        lock (_lock)
        {
            _sessions--;
        }
    }

    /// <summary>
    /// Lets a client listen. Another one of the same actor is closed for it; one that listens already goes on with the new
    /// filter.
    /// </summary>
    /// <returns>False when another actor listens.</returns>
    public bool TryStart(LogSession session, LogFilter filter)
    {
        LogSession? replaced = null;
        lock (_lock)
        {
            if (_current is { } other && other != session)
            {
                if (other.Actor != session.Actor)
                {
                    return false;
                }

                replaced = other;
            }

            session.Filter = filter;
            _current = session;
            _level = filter.Level;
        }

        replaced?.Replace();
        return true;
    }

    /// <summary>Ends a client's listening, if it does.</summary>
    public void Stop(LogSession session)
    {
        lock (_lock)
        {
            if (_current == session)
            {
                _current = null;
                _level = LogLevel.None;
            }
        }
    }

    /// <summary>Offers an event to whoever listens; never waits.</summary>
    public void Publish(LogRecord record) => Volatile.Read(ref _current)?.Offer(record);
}
