using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Culvert.CommandLine.Tailing;

/// <summary>Prints the entries of a connector's message (cli-api-access, section 12.1).</summary>
internal static class TailEntry
{
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = 32 };
    private static readonly string[] Members = ["time", "level", "message", "event"];

    /// <summary>The lines of a message.</summary>
    /// <param name="message">UTF-8.</param>
    /// <param name="asJson">Whether each entry is an object.</param>
    /// <exception cref="FormatException">The message is none of log entries; the text says so as the original's does.</exception>
    public static IReadOnlyList<string> Lines(ReadOnlyMemory<byte> message, bool asJson)
    {
        try
        {
            using var document = JsonDocument.Parse(message, Reading);
            var root = document.RootElement;
            var type = Text(root, "type");
            if (type != "logs")
            {
                throw new FormatException($"invalid server message type was provided: {Escaped(type)}");
            }

            return root.TryGetProperty("logs", out var entries) && entries.ValueKind == JsonValueKind.Array
                ? [.. entries.EnumerateArray().Select(entry => asJson ? JsonLine(entry) : TextLine(entry))] : [];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException($"invalid server message: {e.Message}", e);
        }
    }

    private static string TextLine(JsonElement entry)
    {
        var level = Text(entry, "level") is { Length: > 0 } named ? named : "debug";
        var about = Text(entry, "event") is { Length: > 0 } given ? given : "cloudflared";
        var fields = entry.TryGetProperty("fields", out var value) ? Compact(value) : "null";
        return $"{Escaped(Text(entry, "time"))} {Escaped(level)} {Escaped(about)} {Escaped(Text(entry, "message"))} {fields}";
    }

    private static string JsonLine(JsonElement entry)
    {
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line, Json))
        {
            json.WriteStartObject();
            foreach (var name in Members.Where(name => Text(entry, name).Length > 0))
            {
                json.WriteString(name, Text(entry, name));
            }

            if (entry.TryGetProperty("fields", out var fields) && fields.ValueKind == JsonValueKind.Object)
            {
                json.WritePropertyName("fields");
                fields.WriteTo(json);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(line.ToArray());
    }

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    // On one line, whatever line breaks came between the tokens.
    private static string Compact(JsonElement value)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text, Json))
        {
            value.WriteTo(json);
        }

        return Encoding.UTF8.GetString(text.ToArray());
    }

    // What visitors of a tunnel send must not move the operator's cursor.
    private static string Escaped(string text)
    {
        if (!text.Any(char.IsControl))
        {
            return text;
        }

        var escaped = new StringBuilder(text.Length + 16);
        foreach (var character in text)
        {
            _ = char.IsControl(character)
                ? escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}") : escaped.Append(character);
        }

        return escaped.ToString();
    }
}
