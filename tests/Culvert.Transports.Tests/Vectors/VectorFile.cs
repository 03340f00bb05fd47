using System.Text.Json;

namespace Culvert.Transports.Tests.Vectors;

/// <summary>The golden data of tests/vectors, which the build copies beside the tests.</summary>
internal static class VectorFile
{
    public static IEnumerable<JsonElement> Load(string file)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "vectors", file);
        return JsonDocument.Parse(File.ReadAllBytes(path)).RootElement.GetProperty("vectors").EnumerateArray();
    }

    public static JsonElement Find(string file, string name) => Load(file).Single(v => v.GetProperty("name").GetString() == name);

    /// <summary>All names of a file, for theories.</summary>
    public static TheoryData<string> Names(string file, Func<JsonElement, bool>? choose = null) =>
        [.. Load(file).Where(choose ?? (_ => true)).Select(v => v.GetProperty("name").GetString()!)];

    public static byte[] Hex(this JsonElement element, string property) =>
        Convert.FromHexString(element.GetProperty(property).GetString()!);

    public static string Text(this JsonElement element, string property) => element.GetProperty(property).GetString()!;
}
