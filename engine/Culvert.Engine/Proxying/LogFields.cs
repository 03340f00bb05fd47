using System.Collections;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Culvert.Engine.Proxying;

/// <summary>
/// One log event with fields under names that no C# parameter can have, such as <c>content-length</c>. Not thread-safe; made
/// only when its level is on.
/// </summary>
internal sealed class LogFields : IReadOnlyList<KeyValuePair<string, object?>>
{
    private const string MessageField = "message";
    private const string FormatField = "{OriginalFormat}";

    private readonly List<KeyValuePair<string, object?>> _fields = new(12);
    private readonly StringBuilder _format = new($"{{{MessageField}}}", 160);

    public LogFields(string message) => _fields.Add(new(MessageField, message));

    /// <inheritdoc/>
    public int Count => _fields.Count;

    /// <inheritdoc/>
    public KeyValuePair<string, object?> this[int index] => _fields[index];

    /// <summary>Adds a field; one without a value is left out.</summary>
    public LogFields Add(string name, object? value)
    {
        if (value is not null)
        {
            _fields.Add(new(name, value));
            _format.Append(" {").Append(name).Append('}');
        }

        return this;
    }

    /// <summary>Writes the event.</summary>
    public void Write(ILogger logger, LogLevel level)
    {
        _fields.Add(new(FormatField, _format.ToString()));
        logger.Log(level, default, this, null, static (fields, _) => fields.ToString());
    }

    /// <summary>The message, and <c>name=value</c> for each field.</summary>
    public override string ToString() => string.Join(
        ' ', _fields.Where(field => field.Key != FormatField)
            .Select(field => field.Key == MessageField ? field.Value : $"{field.Key}={field.Value}"));

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => _fields.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
