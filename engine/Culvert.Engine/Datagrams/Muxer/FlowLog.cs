using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Culvert.Engine.Datagrams.Muxer;

/// <summary>
/// A connection's log lines in the original's words (datagrams, section 11), so many in a second: what an outsider can cause a
/// hundred thousand times a second must not be written as often. One thread's.
/// </summary>
internal sealed partial class FlowLog(ILogger logger, int linesPerSecond)
{
    private long _second;
    private int _lines;

    /// <summary>Lines that were left out so far.</summary>
    public long LeftOut { get; private set; }

    /// <summary>True when a line of this level may be written at this time, in milliseconds; the caller writes it.</summary>
    public bool May(LogLevel level, long now)
    {
        if (!logger.IsEnabled(level))
            return false;
        if (now / 1000 != _second)
        {
            _second = now / 1000;
            _lines = 0;
        }
        if (_lines < linesPerSecond)
        {
            _lines++;
            return true;
        }
        LeftOut++;
        return false;
    }

    /// <summary>Milliseconds in the original's spelling, such as <c>3m30s</c>.</summary>
    public static string Period(long milliseconds)
    {
        var seconds = milliseconds / 1000;
        var hours = seconds >= 3600 ? $"{seconds / 3600}h" : "";
        var minutes = seconds >= 60 ? $"{seconds / 60 % 60}m" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{hours}{minutes}{(milliseconds % 60_000) / 1000.0:0.###}s");
    }

    public void Unparsable(byte connIndex, string message, string error) => LogUnparsable(logger, message, connIndex, error);

    public void UnknownType(byte connIndex, string kind, byte type) => LogUnknownType(logger, kind, type, connIndex);

    public void UnknownFlow(byte connIndex, UInt128 id) => LogUnknownFlow(logger, new FlowId(id), connIndex);

    public void TooManyFlows(byte connIndex, string dst) => LogTooMany(logger, connIndex, dst);

    public void RegistrationFailed(byte connIndex, UInt128 id, string dst, string error) =>
        LogRegistrationFailed(logger, new FlowId(id), connIndex, dst, error);

    public void ResponseNotSent(byte connIndex, UInt128 id) => LogResponseNotSent(logger, new FlowId(id), connIndex);

    public void Retry(byte connIndex, UInt128 id) => LogRetry(logger, new FlowId(id), connIndex);

    public void Migration(byte connIndex, UInt128 id) => LogMigration(logger, new FlowId(id), connIndex);

    public void Dropped(byte connIndex, UInt128 id, string message) => LogDropped(logger, message, new FlowId(id), connIndex);

    public void TooLarge(byte connIndex, UInt128 id, int size) => LogTooLarge(logger, new FlowId(id), connIndex, size);

    public void Failed(byte connIndex, UInt128 id, string error, long milliseconds) =>
        LogFailed(logger, new FlowId(id), connIndex, error, milliseconds);

    public void Idle(byte connIndex, UInt128 id, long period, long milliseconds) =>
        LogIdle(logger, new IdlePeriod(period), new FlowId(id), connIndex, milliseconds);

    public void TooManySessions(byte connIndex, string dst) => LogTooManySessions(logger, dst, connIndex);

    public void SessionOpened(byte connIndex, UInt128 id, string dst) => LogSessionOpened(logger, new FlowId(id), connIndex, dst);

    public void SessionEnded(byte connIndex, UInt128 id, string error) =>
        LogSessionEnded(logger, new FlowId(id), connIndex, error);

    public void UnknownSession(byte connIndex, UInt128 id) => LogUnknownSession(logger, new FlowId(id), connIndex);

    public void SessionRefused(byte connIndex, string dst, string error) => LogSessionRefused(logger, dst, connIndex, error);

    public void TooBigForSession(byte connIndex, UInt128 id, string error) =>
        LogTooBigForSession(logger, new FlowId(id), connIndex, error);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Too many concurrent sessions being handled, rejecting udp proxy to {dst:l} {connIndex}")]
    private static partial void LogTooManySessions(ILogger logger, string dst, byte connIndex);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Registered session {sessionID} {connIndex} {dst}")]
    private static partial void LogSessionOpened(ILogger logger, FlowId sessionID, byte connIndex, string dst);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Session terminated {sessionID} {connIndex} {error}")]
    private static partial void LogSessionEnded(ILogger logger, FlowId sessionID, byte connIndex, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "session not found {sessionID} {connIndex}")]
    private static partial void LogUnknownSession(ILogger logger, FlowId sessionID, byte connIndex);

    [LoggerMessage(Level = LogLevel.Error, Message = "Failed to create udp proxy to {dst:l} {connIndex} {error}")]
    private static partial void LogSessionRefused(ILogger logger, string dst, byte connIndex, string error);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Failed to send session payload from destination to transport {sessionID} {connIndex} {error}")]
    private static partial void LogTooBigForSession(ILogger logger, FlowId sessionID, byte connIndex, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "{message} {connIndex} {error}")]
    private static partial void LogUnparsable(ILogger logger, string message, byte connIndex, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "{kind} datagram type received: {type} {connIndex}")]
    private static partial void LogUnknownType(ILogger logger, string kind, byte type, byte connIndex);

    [LoggerMessage(Level = LogLevel.Error, Message = "unable to find flow {flowID} {connIndex}")]
    private static partial void LogUnknownFlow(ILogger logger, FlowId flowID, byte connIndex);

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "Too many concurrent sessions being handled, rejecting udp proxy {connIndex} {dst}")]
    private static partial void LogTooMany(ILogger logger, byte connIndex, string dst);

    [LoggerMessage(Level = LogLevel.Error, Message = "flow registration failure {flowID} {connIndex} {dst} {error}")]
    private static partial void LogRegistrationFailed(ILogger logger, FlowId flowID, byte connIndex, string dst, string error);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "flow registration failure: unable to send session registration response {flowID} {connIndex}")]
    private static partial void LogResponseNotSent(ILogger logger, FlowId flowID, byte connIndex);

    [LoggerMessage(Level = LogLevel.Debug, Message = "flow registration response retry {flowID} {connIndex}")]
    private static partial void LogRetry(ILogger logger, FlowId flowID, byte connIndex);

    [LoggerMessage(Level = LogLevel.Debug, Message = "flow registration migration {flowID} {connIndex}")]
    private static partial void LogMigration(ILogger logger, FlowId flowID, byte connIndex);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{message} {flowID} {connIndex}")]
    private static partial void LogDropped(ILogger logger, string message, FlowId flowID, byte connIndex);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "flow (origin) packet read was too large and was dropped {flowID} {connIndex} {packetSize}")]
    private static partial void LogTooLarge(ILogger logger, FlowId flowID, byte connIndex, int packetSize);

    [LoggerMessage(Level = LogLevel.Error, Message = "flow closed with an error {flowID} {connIndex} {error} {durationMS}")]
    private static partial void LogFailed(ILogger logger, FlowId flowID, byte connIndex, string error, long durationMS);

    [LoggerMessage(Level = LogLevel.Debug, Message = "flow closed: flow was idle for {period} {flowID} {connIndex} {durationMS}")]
    private static partial void LogIdle(ILogger logger, IdlePeriod period, FlowId flowID, byte connIndex, long durationMS);

    // Formatted only when the line is written.
    private readonly record struct FlowId(UInt128 Value)
    {
        public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);
    }

    /// <summary>A duration in the original's spelling, such as <c>3m30s</c>.</summary>
    private readonly record struct IdlePeriod(long Milliseconds)
    {
        public override string ToString() => Period(Milliseconds);
    }
}
