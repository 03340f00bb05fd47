using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Culvert.Connector.Logging;
using Microsoft.Extensions.Logging;

namespace Culvert.Connector.Management;

/// <summary>
/// A log event as a message to a client; what has its zero value is left out (supervisor-and-operations, section 7.2).
/// </summary>
internal static class LogEntryJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the message.</summary>
    public static void Write(LogRecord record, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        json.WriteString("type", "logs");
        json.WriteStartArray("logs");
        json.WriteStartObject();
        json.WriteString("time", record.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        if (LogNames.LevelOf(record) is not LogLevel.Debug and var level)
        {
            json.WriteString("level", LogNames.NameOf(level));
        }

        if (record.Message.Length > 0)
        {
            json.WriteString("message", record.Message);
        }

        if (LogNames.EventOf(record) is not LogEvent.Cloudflared and var about)
        {
            json.WriteString("event", LogNames.NameOf(about));
        }

        WriteFields(json, record);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteFields(Utf8JsonWriter json, LogRecord record)
    {
        var fields = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (name, value) in record.Fields.Where(
            field => field.Key is not ("time" or "level" or "message" or LogRecord.EventField)))
        {
            fields[name] = value;
        }

        if (fields.Count == 0)
        {
            return;
        }

        json.WriteStartObject("fields");
        foreach (var (name, value) in fields)
        {
            json.WritePropertyName(name);
            LogValueJson.Write(json, value);
        }

        json.WriteEndObject();
    }
}
