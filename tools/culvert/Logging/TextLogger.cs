using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Logging;

/// <summary>
/// Writes the original's text log lines (cli-api-access, section 1.5): UTC time, level, message, then <c>key=value</c> fields.
/// The placeholders of a message template are the fields; the text without them is the message. Thread-safe.
/// </summary>
internal sealed class TextLogger(TextWriter writer, LogLevel minimum, TimeProvider time) : ILogger
{
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, string> _messages = new(StringComparer.Ordinal);

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
        if (state is IReadOnlyList<KeyValuePair<string, object?>> fields && fields.Count > 0
            && fields[^1] is { Key: "{OriginalFormat}", Value: string template })
        {
            line.Append(_messages.GetOrAdd(template, WithoutPlaceholders));
            for (var i = 0; i < fields.Count - 1; i++)
            {
                AppendField(line, fields[i].Key, fields[i].Value);
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

    internal static string WithoutPlaceholders(string template)
    {
        var text = new StringBuilder(template.Length);
        var depth = 0;
        foreach (var character in template)
        {
            depth += character == '{' ? 1 : 0;
            if (depth == 0)
            {
                text.Append(character);
            }

            depth -= character == '}' ? 1 : 0;
        }

        return text.ToString().TrimEnd(' ', ':');
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
