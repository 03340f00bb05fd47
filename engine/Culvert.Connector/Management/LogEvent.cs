using System.Globalization;
using Culvert.Connector.Logging;
using Microsoft.Extensions.Logging;

namespace Culvert.Connector.Management;

/// <summary>What a log event is about, by its number in logs (supervisor-and-operations, section 7.2).</summary>
public enum LogEvent
{
    /// <summary>The connector itself.</summary>
    Cloudflared = 0,

    /// <summary>An HTTP request.</summary>
    Http = 1,

    /// <summary>A TCP stream.</summary>
    Tcp = 2,

    /// <summary>A UDP flow.</summary>
    Udp = 3,
}

/// <summary>Names of events and levels in the stream.</summary>
public static class LogNames
{
    private static readonly string[] Events = ["cloudflared", "http", "tcp", "udp"];

    /// <summary>The event of a name, or null.</summary>
    public static LogEvent? EventOf(string? name) => Array.IndexOf(Events, name) is >= 0 and var index ? (LogEvent)index : null;

    /// <summary>The event of a record; the connector's own where its field is no number of an event.</summary>
    public static LogEvent EventOf(LogRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return record.Find(LogRecord.EventField) is int and >= 0 and <= 3 and var number
            ? (LogEvent)number : LogEvent.Cloudflared;
    }

    /// <summary>The name of an event.</summary>
    public static string NameOf(LogEvent value) =>
        (int)value < Events.Length ? Events[(int)value] : ((int)value).ToString(CultureInfo.InvariantCulture);

    /// <summary>The level of a name, or null. The stream knows four.</summary>
    public static LogLevel? LevelOf(string? name) => name switch
    {
        "debug" => LogLevel.Debug,
        "info" => LogLevel.Information,
        "warn" => LogLevel.Warning,
        "error" => LogLevel.Error,
        _ => null,
    };

    /// <summary>The level of a record in the stream: an error, whatever its level, when it tells of one.</summary>
    public static LogLevel LevelOf(LogRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return record.Fields.Any(field => field.Key == LogRecord.ErrorField) ? LogLevel.Error
            : record.Level is LogLevel.Information or LogLevel.Warning or LogLevel.Error ? record.Level : LogLevel.Debug;
    }

    /// <summary>The name of a level.</summary>
    public static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "debug",
    };
}
