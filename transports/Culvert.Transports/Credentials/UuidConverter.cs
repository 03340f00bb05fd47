using System.Text.Json;
using System.Text.Json.Serialization;

namespace Culvert.Transports.Credentials;

/// <summary>Reads UUIDs in every form that the original takes, and writes the usual one.</summary>
internal sealed class UuidConverter : JsonConverter<Guid>
{
    private const string Urn = "urn:uuid:";

    /// <summary>Reads a UUID: with hyphens or without, in braces, or as a URN.</summary>
    public static bool TryParse(string? text, out Guid uuid)
    {
        text = text?.StartsWith(Urn, StringComparison.OrdinalIgnoreCase) == true ? text[Urn.Length..] : text;
        uuid = default;
        return text?.StartsWith('(') == false && Guid.TryParse(text, out uuid);
    }

    /// <inheritdoc/>
    public override Guid Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && TryParse(reader.GetString(), out var uuid)
            ? uuid : throw new JsonException("not a UUID");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Guid value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value);
}
