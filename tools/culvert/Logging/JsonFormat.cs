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
                json.WritePropertyName(name);
                LogValueJson.Write(json, value);
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
        foreach (var (name, value) in record.Fields.Where(field => field.Key is not (LevelKey or TimeKey or MessageKey))
            .Concat(end))
        {
            members[name] = value;
        }

        return sorted ? members.OrderBy(member => member.Key, StringComparer.Ordinal) : members;
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
