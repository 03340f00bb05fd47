using System.Text.Json;

namespace Culvert.Connector.RemoteFeatures;

/// <summary>What a DNS record says about features (ingress-and-config, section 7.2).</summary>
/// <param name="DatagramV3Percentage">
/// Of a hundred accounts, so many speak datagrams of version 3; more than 100 is all of them.
/// </param>
/// <param name="SkipPrechecks">Whether nothing is probed before connecting.</param>
internal sealed record FeatureRecord(uint DatagramV3Percentage, bool SkipPrechecks)
{
    /// <summary>Longest text that is read; DNS carries no longer one.</summary>
    public const int MaxLength = 65_535;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 8 };

    /// <summary>Reads the text of a record: a JSON object. Keys in any case; those that nobody knows do not count.</summary>
    /// <exception cref="FormatException">Not such an object, or a value of the wrong kind: nothing of it holds.</exception>
    public static FeatureRecord Parse(string text)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(text.Length, MaxLength, nameof(text));
        try
        {
            using var document = JsonDocument.Parse(text, Options);
            var record = new FeatureRecord(0, SkipPrechecks: false);
            if (document.RootElement.ValueKind == JsonValueKind.Null)
            {
                return record;
            }

            foreach (var member in document.RootElement.EnumerateObject().Where(
                member => member.Value.ValueKind != JsonValueKind.Null))
            {
                record = member.Name.ToUpperInvariant() switch
                {
                    "DV3_2" => record with { DatagramV3Percentage = member.Value.GetUInt32() },
                    "SKIP_PRECHECKS" => record with { SkipPrechecks = member.Value.GetBoolean() },
                    _ => record,
                };
            }

            return record;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new FormatException($"the features are not a JSON object of percentages: {e.Message}", e);
        }
    }
}
