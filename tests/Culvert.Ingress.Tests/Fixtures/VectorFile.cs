using System.Text.Json;

namespace Culvert.Ingress.Tests.Fixtures;

/// <summary>Golden data, which the build copies beside the tests.</summary>
internal static class VectorFile
{
    public static JsonElement Read(string name) =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "vectors", name))).RootElement;
}
