using System.Globalization;
using System.Text;

namespace Culvert.Connector.Logging;

/// <summary>A message template split into the message and the fields behind it; see <see cref="LogRecord"/>. Immutable.</summary>
internal sealed class LogTemplate
{
    private readonly string _message;

    private LogTemplate(string message, IReadOnlyList<string> fields)
    {
        _message = message;
        Fields = fields;
    }

    /// <summary>Names of the fields, in order.</summary>
    public IReadOnlyList<string> Fields { get; }

    /// <summary>Splits a template.</summary>
    public static LogTemplate Parse(string template)
    {
        var message = template;
        var fields = new List<string>();
        while (message.EndsWith('}') && message.LastIndexOf(" {", StringComparison.Ordinal) is var start and >= 0
            && message.IndexOf('}', start) == message.Length - 1 && !message.AsSpan(0, start).EndsWith(":")
            && message.IndexOf(':', start) < 0)
        {
            fields.Insert(0, message[(start + 2)..^1]);
            message = message[..start];
        }

        return new LogTemplate(message, fields);
    }

    /// <summary>Writes the message with the values of the placeholders inside it.</summary>
    public void AppendMessage(StringBuilder line, IReadOnlyList<KeyValuePair<string, object?>> values)
    {
        var rest = _message.AsSpan();
        while (rest.IndexOf('{') is var open and >= 0 && rest[open..].IndexOf('}') is var length and > 0)
        {
            line.Append(rest[..open]);
            var name = rest.Slice(open + 1, length - 1);
            var format = name.IndexOf(':');
            line.Append(CultureInfo.InvariantCulture, $"{Value(values, format < 0 ? name : name[..format])}");
            rest = rest[(open + length + 1)..];
        }

        line.Append(rest);
    }

    /// <summary>The value of a placeholder.</summary>
    public static object? Value(IReadOnlyList<KeyValuePair<string, object?>> values, ReadOnlySpan<char> name)
    {
        foreach (var (key, value) in values)
        {
            if (name.SequenceEqual(key))
            {
                return value;
            }
        }

        return null;
    }
}
