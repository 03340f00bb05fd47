using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Culvert.Connector.Logging;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Logging;

/// <summary>
/// One JSON object in each line (supervisor-and-operations, section 8.1). On the console all keys are sorted; in files they are
/// level, fields, time, message. Of fields with the same name the last counts.
/// </summary>
/// <param name="sorted">Whether it is for the console.</param>
internal sealed class JsonFormat(bool sorted) : ILineFormat
{
    private const string LevelKey = "level";
    private const string TimeKey = "time";
    private const string MessageKey = "message";

    // What a line holds is read by programs and by people, not by browsers.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <inheritdoc/>
    public void Write(LogRecord record, IBufferWriter<byte> output)
    {
        using (var json = new Utf8JsonWriter(output, Options))
        {
            json.WriteStartObject();
            foreach (var (name, value) in Members(record))
            {
                WriteValue(json, name, value);
            }

            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    private IEnumerable<KeyValuePair<string, object?>> Members(LogRecord record)
    {
        KeyValuePair<string, object?>[] end =
        [
            new(TimeKey, record.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)),
            new(MessageKey, record.Message),
        ];
        var members = new OrderedDictionary<string, object?>(StringComparer.Ordinal) { [LevelKey] = NameOf(record.Level) };
        foreach (var (name, value) in record.Fields.Where(field => field.Key is not (LevelKey or TimeKey or MessageKey)).Concat(end))
        {
            members[name] = value;
        }

        return sorted ? members.OrderBy(member => member.Key, StringComparer.Ordinal) : members;
    }

    private static void WriteValue(Utf8JsonWriter json, string name, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNull(name);
                break;
            case bool flag:
                json.WriteBoolean(name, flag);
                break;
            case byte or sbyte or short or ushort or int or uint or long:
                json.WriteNumber(name, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case ulong number:
                json.WriteNumber(name, number);
                break;
            case double number when double.IsFinite(number):
                json.WriteNumber(name, number);
                break;
            default:
                json.WriteString(name, LogRecord.Text(value));
                break;
        }
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "fatal",
    };
}
