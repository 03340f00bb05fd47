using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Logging;

/// <summary>
/// Writes the original's text log lines (cli-api-access, section 1.5): UTC time, level, message, then <c>key=value</c> fields.
/// Placeholders at the end of a message template, each after a space, are the fields; others are part of the message, and so
/// is one after a colon. Thread-safe.
/// </summary>
internal sealed class TextLogger(TextWriter writer, LogLevel minimum, TimeProvider time) : ILogger
{
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, LineTemplate> _templates = new(StringComparer.Ordinal);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= minimum && logLevel != LogLevel.None;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        var line = new StringBuilder(160);
        AppendStart(line, logLevel);
        if (state is IReadOnlyList<KeyValuePair<string, object?>> values && values.Count > 0
            && values[^1] is { Key: "{OriginalFormat}", Value: string text })
        {
            var template = _templates.GetOrAdd(text, LineTemplate.Parse);
            template.AppendMessage(line, values);
            foreach (var field in template.Fields)
            {
                AppendField(line, field, LineTemplate.Value(values, field));
            }
        }
        else
        {
            line.Append(formatter(state, exception));
        }

        if (exception is not null)
        {
            AppendField(line, "error", exception.Message);
        }

        WriteLine(line);
    }

    /// <summary>Writes a message without fields.</summary>
    public void Write(LogLevel level, string message)
    {
        if (IsEnabled(level))
        {
            var line = new StringBuilder(message.Length + 32);
            AppendStart(line, level);
            WriteLine(line.Append(message));
        }
    }

    private void AppendStart(StringBuilder line, LogLevel level)
    {
        line.Append(time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        line.Append(level switch
        {
            LogLevel.Trace or LogLevel.Debug => " DBG ",
            LogLevel.Information => " INF ",
            LogLevel.Warning => " WRN ",
            LogLevel.Error => " ERR ",
            _ => " FTL ",
        });
    }

    private static void AppendField(StringBuilder line, string key, object? value)
    {
        line.Append(' ').Append(key).Append('=');
        var text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        var quote = text.Length == 0 || text.AsSpan().ContainsAnyExceptInRange('!', '~') || text.Contains('"', StringComparison.Ordinal);
        if (!quote)
        {
            line.Append(text);
            return;
        }

        line.Append('"');
        foreach (var character in text)
        {
            _ = character is '"' or '\\' ? line.Append('\\').Append(character) : line.Append(character);
        }

        line.Append('"');
    }

    private void WriteLine(StringBuilder line)
    {
        EscapeControls(line);
        lock (_lock)
        {
            writer.WriteLine(line);
            writer.Flush();
        }
    }

    // One event is one line: what peers and users send may hold line breaks and escape sequences, in fields and in messages.
    private static void EscapeControls(StringBuilder line)
    {
        for (var i = line.Length - 1; i >= 0; i--)
        {
            if (char.IsControl(line[i]))
            {
                var escaped = line[i] == '\n' ? "\\n" : string.Create(CultureInfo.InvariantCulture, $"\\u{(int)line[i]:x4}");
                line.Remove(i, 1).Insert(i, escaped);
            }
        }
    }
}
