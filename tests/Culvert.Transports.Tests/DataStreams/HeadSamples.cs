using System.Text;
using System.Text.Json;
using Culvert.Transports.DataStreams;
using Culvert.Transports.Tests.Vectors;

namespace Culvert.Transports.Tests.DataStreams;

/// <summary>The metadata that the vectors' decoded fields stand for.</summary>
internal static class HeadSamples
{
    public static List<(byte[] Key, byte[] Val)> Metadata(JsonElement decoded) =>
        [.. decoded.GetProperty("metadata").EnumerateArray().Select(entry => (
            Encoding.UTF8.GetBytes(entry.Text("key")),
            entry.TryGetProperty("valHex", out _) ? entry.Hex("valHex") : Encoding.UTF8.GetBytes(entry.Text("val"))))];

    public static void AssertEqual(List<(byte[] Key, byte[] Val)> expected, MetadataList actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        var i = 0;
        foreach (var (key, val) in actual)
        {
            Assert.Equal(expected[i].Key, key.ToArray());
            Assert.Equal(expected[i].Val, val.ToArray());
            i++;
        }

        Assert.Equal(expected.Count, i);
    }
}
