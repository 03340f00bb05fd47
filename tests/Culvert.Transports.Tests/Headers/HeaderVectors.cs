using System.Text;
using System.Text.Json;
using Culvert.Transports.Headers;

namespace Culvert.Transports.Tests.Headers;

/// <summary>The sections of h2-headers.json, and lists as text that tests can compare.</summary>
internal static class HeaderVectors
{
    public const string File = "h2-headers.json";

    private static readonly JsonElement Root =
        JsonDocument.Parse(System.IO.File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "vectors", File))).RootElement;

    public static IEnumerable<JsonElement> Section(string name) => Root.GetProperty(name).EnumerateArray();

    public static HeaderList List(JsonElement headers)
    {
        var list = new HeaderList();
        foreach (var header in headers.EnumerateArray())
        {
            var value = header.TryGetProperty("valueHex", out var hex)
                ? Convert.FromHexString(hex.GetString()!) : Encoding.UTF8.GetBytes(header.GetProperty("value").GetString()!);
            list.Add(Encoding.UTF8.GetBytes(header.GetProperty("name").GetString()!), value);
        }

        return list;
    }

    /// <summary>Every field as <c>name: value</c>, one character a byte.</summary>
    public static string[] Lines(this HeaderList list)
    {
        var lines = new string[list.Count];
        for (var i = 0; i < lines.Length; i++)
        {
            lines[i] = $"{list[i].NameText}: {list[i].ValueText}";
        }

        return lines;
    }
}
