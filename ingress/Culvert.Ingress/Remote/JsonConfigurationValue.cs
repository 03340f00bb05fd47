using System.Globalization;
using System.Text.Json;
using Culvert.Ingress.Configuration;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Values;

namespace Culvert.Ingress.Remote;

/// <summary>A value of a JSON configuration. What is of another kind is an exception with the original's text.</summary>
/// <param name="element">The value.</param>
/// <param name="owner">Name of the type that has the value; empty at the top.</param>
/// <param name="path">Keys that lead to the value, with dots between them.</param>
internal sealed class JsonConfigurationValue(JsonElement element, string owner, string path) : ConfigurationValue
{
    public override string? AsString() => element.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => ReadText(),
        _ => throw WrongKind("string"),
    };

    public override bool? AsBoolean() => element.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw WrongKind("bool"),
    };

    public override decimal? AsInteger(string type, decimal least, decimal most)
    {
        if (element.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return element.ValueKind == JsonValueKind.Number
            && decimal.TryParse(element.GetRawText(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most
            ? number : throw WrongKind(type);
    }

    public override TimeSpan? AsDuration()
    {
        if (element.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        // The original multiplies without looking, so that a larger number becomes any duration at all.
        const long MostSeconds = long.MaxValue / 1_000_000_000;
        var literal = element.GetRawText();
        try
        {
            var seconds = GoText.ParseInteger(literal, "ParseInt");
            return seconds is >= -MostSeconds and <= MostSeconds ? TimeSpan.FromSeconds(seconds)
                : throw new IngressException($"strconv.ParseInt: parsing {GoText.Quote(literal)}: value out of range");
        }
        catch (FormatException e) when (e is not IngressException)
        {
            throw new IngressException(e.Message, e);
        }
    }

    public override IReadOnlyList<ConfigurationValue>? AsList(string type) => element.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.Array => [.. element.EnumerateArray().Select(item => new JsonConfigurationValue(item, owner, path))],
        _ => throw WrongKind(type),
    };

    public override IReadOnlyList<(string Key, ConfigurationValue Value)>? AsObject(ConfigurationObject type)
    {
        if (element.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (element.ValueKind != JsonValueKind.Object)
        {
            throw WrongKind(type.TypeName);
        }

        var members = new List<(string Key, ConfigurationValue Value)>();
        foreach (var property in element.EnumerateObject())
        {
            var name = ReadName(property);
            if (Array.Find(type.Keys, known => known.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } key)
            {
                var below = path.Length == 0 ? key : $"{path}.{key}";
                members.Add((key, new JsonConfigurationValue(property.Value, type.ShortName, below)));
            }
        }

        return members;
    }

    private static string ReadName(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            // Not UTF-8, so no name that is known.
            return "";
        }
    }

    private string ReadText()
    {
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new IngressException($"json: {path} is not valid UTF-8", e);
        }
    }

    private IngressException WrongKind(string type)
    {
        var kind = element.ValueKind switch
        {
            JsonValueKind.True or JsonValueKind.False => "bool",
            JsonValueKind.Number when type is "int" or "uint" or "uint64" => $"number {element.GetRawText()}",
            var other => other.ToString().ToLowerInvariant(),
        };
        return new IngressException(path.Length == 0
            ? $"json: cannot unmarshal {kind} into Go value of type {type}"
            : $"json: cannot unmarshal {kind} into Go struct field {owner}.{path} of type {type}");
    }
}
