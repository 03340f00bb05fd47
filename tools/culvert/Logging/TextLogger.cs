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

    // One event is one line: what peers send may hold line breaks and escape sequences.
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
            _ = character switch
            {
                '"' or '\\' => line.Append('\\').Append(character),
                '\n' => line.Append("\\n"),
                _ when char.IsControl(character) => line.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
                _ => line.Append(character),
            };
        }

        line.Append('"');
    }

    private void WriteLine(StringBuilder line)
    {
        lock (_lock)
        {
            writer.WriteLine(line);
            writer.Flush();
        }
    }
}
