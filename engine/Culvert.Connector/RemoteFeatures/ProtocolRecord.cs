using System.Text.Json;
using Culvert.Connector.Supervision;

namespace Culvert.Connector.RemoteFeatures;

/// <summary>
/// The DNS record by which the hosted edge shares its accounts out among the transports (supervisor-and-operations, section 4.2).
/// </summary>
public static class ProtocolRecord
{
    /// <summary>The record that the original asks for.</summary>
    public const string OriginalName = "protocol-v2.argotunnel.com";

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 8 };

    // In this order, whatever that of the record.
    private static readonly string[] Protocols = [ProtocolChoice.Quic, ProtocolChoice.Http2];

    /// <summary>The transport of an account: the first whose percentage is above the account's hundredth, else QUIC.</summary>
    /// <exception cref="FormatException">The text is not an array of protocols and percentages.</exception>
    internal static string Choose(string text, string accountTag)
    {
        try
        {
            using var document = JsonDocument.Parse(text, Options);
            var shares = document.RootElement.EnumerateArray()
                .Select(
                    share => (
                        Name: share.GetProperty("protocol").GetString(), Percentage: share.GetProperty("percentage").GetInt32()))
                .ToArray();
            var hundredth = AccountHash.Of(accountTag);
            return Array.Find(Protocols, protocol => Array.Exists(
                shares, share => protocol.Equals(share.Name, StringComparison.OrdinalIgnoreCase) && share.Percentage > hundredth))
                ?? ProtocolChoice.Quic;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new FormatException($"the protocols are not a JSON array of percentages: {e.Message}", e);
        }
    }
}
