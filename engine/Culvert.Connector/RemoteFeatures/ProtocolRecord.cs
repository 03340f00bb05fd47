using System.Text.Json;
using Culvert.Connector.Supervision;
using Culvert.Transports.Connections;
using Microsoft.Extensions.Logging;

namespace Culvert.Connector.RemoteFeatures;

/// <summary>
/// The DNS record by which the hosted edge shares its accounts out among the transports (supervisor-and-operations, section 4.2).
/// </summary>
public static partial class ProtocolRecord
{
    /// <summary>The record that the original asks for.</summary>
    public const string OriginalName = "protocol-v2.argotunnel.com";

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 8 };

    // In this order, whatever that of the record.
    private static readonly string[] Protocols = [ProtocolChoice.Quic, ProtocolChoice.Http2];

    /// <summary>Asks once, for ten seconds at most.</summary>
    /// <param name="source">The record.</param>
    /// <param name="accountTag">The tunnel's account.</param>
    /// <param name="logger">Told when there is no answer.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>
    /// HTTP/2 alone where the account is among those that get it, else both. Without an answer it is both too, where the original
    /// takes HTTP/2 for an hour.
    /// </returns>
    public static async Task<TunnelProtocol> ChooseAsync(
        FeatureRecordSource source, string accountTag, ILogger logger, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        using var limit = new LinkedDeadline(FeatureRecordSource.Timeout, TimeProvider.System, cancellationToken);
        try
        {
            var text = await source.ReadTextAsync(limit.Token).ConfigureAwait(false)
                ?? throw new IOException($"no TXT record found for {source.Name}");
            return Choose(text, accountTag) == ProtocolChoice.Http2 ? TunnelProtocol.Http2 : TunnelProtocol.Auto;
        }
        catch (Exception e) when (e is IOException or FormatException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            LogNoAnswer(logger, e.Message);
            return TunnelProtocol.Auto;
        }
    }

    /// <summary>The transport of an account: the first whose percentage is above the account's hundredth, else QUIC.</summary>
    /// <exception cref="FormatException">The text is not an array of protocols and percentages.</exception>
    internal static string Choose(string text, string accountTag)
    {
        try
        {
            using var document = JsonDocument.Parse(text, Options);
            var shares = document.RootElement.EnumerateArray()
                .Select(share => (Name: share.GetProperty("protocol").GetString(), Percentage: share.GetProperty("percentage").GetInt32()))
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "Unable to lookup protocol percentage. {error}")]
    private static partial void LogNoAnswer(ILogger logger, string error);
}
