using System.Text;
using System.Text.Json;
using Culvert.Ingress.Configuration;
using Culvert.Ingress.Remote;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Tests.Fixtures;

namespace Culvert.Ingress.Tests.Vectors;

/// <summary>What configurations become, byte for byte, as the reference implementation has it.</summary>
public class ConfigurationVectorTests
{
    private static readonly JsonElement Vectors = VectorFile.Read("configuration.json");

    private static readonly Dictionary<string, string> Flags = new() { ["protocol"] = "quic", ["loglevel"] = "info" };

    public static TheoryData<string> LocalNames() =>
        [.. Vectors.GetProperty("local").EnumerateArray().Select(vector => vector.GetProperty("name").GetString()!)];

    public static TheoryData<int> RemoteIndices() => [.. Enumerable.Range(0, Vectors.GetProperty("remote").GetArrayLength())];

    [Theory]
    [MemberData(nameof(LocalNames))]
    public void File_is_told_to_the_edge_and_shown(string name)
    {
        var vector = Vectors.GetProperty("local").EnumerateArray()
            .Single(vector => vector.GetProperty("name").GetString() == name);
        var ingress = TestRules.Ingress(vector.GetProperty("yaml").GetString()!);
        var snapshot = ingress.ToSnapshot();

        Assert.Equal(
            vector.GetProperty("localConfiguration").GetString(),
            Text(ConfigurationJson.WriteLocal(snapshot, ingress.WarpRouting, Flags)));
        Assert.Equal(
            vector.GetProperty("configEndpoint").GetString(),
            Text(ConfigurationJson.WriteEndpoint(-1, snapshot, ingress.WarpRouting)));
    }

    [Theory]
    [MemberData(nameof(RemoteIndices))]
    public void Pushed_configuration_is_shown_or_refused(int index)
    {
        var vector = Vectors.GetProperty("remote")[index];
        var payload = Encoding.UTF8.GetBytes(vector.GetProperty("config").GetString()!);
        var error = vector.GetProperty("error").GetString()!;
        var version = vector.GetProperty("version").GetInt32();
        if (error.Length > 0)
        {
            Assert.Equal(
                error, Assert.ThrowsAny<IngressException>(() => RemoteConfiguration.Parse(payload).ToSnapshot()).Message);
        }
        else if (version == vector.GetProperty("lastAppliedVersion").GetInt32() && !IsRepeated(index, version))
        {
            var ingress = RemoteConfiguration.Parse(payload);

            Assert.Equal(
                vector.GetProperty("configEndpointAfter").GetString(),
                Text(ConfigurationJson.WriteEndpoint(version, ingress.ToSnapshot(), ingress.WarpRouting)));
        }
    }

    // A version that was applied before is not looked at again.
    private static bool IsRepeated(int index, int version) => Vectors.GetProperty("remote").EnumerateArray().Take(index)
        .Any(vector => vector.GetProperty("lastAppliedVersion").GetInt32() >= version);

    private static string Text(ReadOnlyMemory<byte> json) => Encoding.UTF8.GetString(json.Span);
}
