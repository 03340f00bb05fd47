using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Culvert.Engine.Proxying;
using Microsoft.Extensions.Logging;

namespace Culvert.Connector.Logging;

/// <summary>
/// One log event, taken from its caller so that it can be written later and in any format. Placeholders at the end of a message
/// template, each after a space, are the fields; others are part of the message, and so is one after a colon. Immutable.
/// </summary>
/// <param name="Time">When it happened, in UTC.</param>
/// <param name="Level">How important it is.</param>
/// <param name="Message">What happened, without the fields.</param>
/// <param name="Fields">Fields in the order in which they were added.</param>
public sealed record LogRecord(
    DateTimeOffset Time, LogLevel Level, string Message, IReadOnlyList<KeyValuePair<string, object?>> Fields)
{
    /// <summary>Name of the field that says what went wrong.</summary>
    public const string ErrorField = "error";

    /// <summary>Name of the field that says what the event is about: 0 the connector, 1 HTTP, 2 TCP, 3 UDP.</summary>
    public const string EventField = "event";

    private const string FormatField = "{OriginalFormat}";
    private const int ConnectorEvent = 0;
    private const int UdpEvent = 3;

    // One for each message of the program.
    private static readonly ConcurrentDictionary<string, LogTemplate> Templates = new(StringComparer.Ordinal);

    /// <summary>About how much memory it holds, in characters.</summary>
    public int Size { get; } = Message.Length + Fields.Sum(field => field.Key.Length + LengthOf(field.Value));

    /// <summary>Takes an event from what <see cref="ILogger.Log"/> is given.</summary>
    public static LogRecord Capture<TState>(
        DateTimeOffset time, LogLevel level, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        ArgumentNullException.ThrowIfNull(formatter);
        var fields = new List<KeyValuePair<string, object?>>();
        string message;
        if (state is IReadOnlyList<KeyValuePair<string, object?>> { Count: > 0 } values
            && values[^1] is { Key: FormatField, Value: string text })
        {
            var template = Templates.GetOrAdd(text, LogTemplate.Parse);
            var line = new StringBuilder();
            template.AppendMessage(line, values);
            message = line.ToString();
            foreach (var field in template.Fields)
            {
                fields.Add(new(field, LogTemplate.Value(values, field)));
            }
        }
        else
        {
            message = formatter(state, exception);
        }

        if (exception is not null)
        {
            fields.Add(new(ErrorField, exception.Message));
        }

        AddEvent(fields);
        return new LogRecord(time, level, message, fields);
    }

    /// <summary>The value of the first field of a name, or null.</summary>
    public object? Find(string name) => LogTemplate.Value(Fields, name);

    /// <summary>The value of a field as text; empty for null.</summary>
    public static string Text(object? value) => value is bool flag ? (flag ? "true" : "false")
        : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    private static int LengthOf(object? value) => value switch
    {
        string text => text.Length,
        LoggedJson json => json.Text.Length,
        _ => "0123456789abcdef".Length,
    };

    // Whatever tells of a connection says what kind of event it is (section 8.5).
    private static void AddEvent(List<KeyValuePair<string, object?>> fields)
    {
        if (fields.Exists(field => field.Key == "connIndex") && !fields.Exists(field => field.Key == EventField))
        {
            var ofFlow = fields.Exists(field => field.Key is "flowID" or "sessionID");
            fields.Add(new(EventField, ofFlow ? UdpEvent : ConnectorEvent));
        }
    }
}
