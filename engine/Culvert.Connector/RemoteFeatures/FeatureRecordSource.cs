using System.Net;
using Culvert.Transports.Connections;
using DnsClient;

namespace Culvert.Connector.RemoteFeatures;

/// <summary>Where a DNS record is, such as the one with the features. Immutable.</summary>
/// <param name="Name">Name of the TXT record.</param>
/// <param name="Servers">DNS servers to ask; none for the system's own.</param>
public sealed record FeatureRecordSource(string Name, params IReadOnlyList<IPEndPoint> Servers)
{
    /// <summary>The record that the original asks for.</summary>
    public const string OriginalName = "cfd-features.argotunnel.com";

    /// <summary>Longest time for an answer, with every server and attempt.</summary>
    public static TimeSpan Timeout { get; } = TimeSpan.FromSeconds(10);

    // A lost datagram costs no more than this.
    private static TimeSpan Attempt { get; } = TimeSpan.FromSeconds(2);

    /// <summary>Asks once.</summary>
    /// <param name="time">Measures <see cref="Timeout"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">There is no answer, or no record.</exception>
    /// <exception cref="FormatException">The record makes no sense.</exception>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    internal async Task<FeatureRecord> ReadAsync(TimeProvider time, CancellationToken cancellationToken) =>
        await ReadTextAsync(time, cancellationToken).ConfigureAwait(false) is { } text ? FeatureRecord.Parse(text)
            : throw new IOException($"no TXT record found for {Name} to determine which features to opt-in");

    /// <summary>Asks once for the text of the first record; null when there is none.</summary>
    /// <param name="time">Measures <see cref="Timeout"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">There is no answer.</exception>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    internal async Task<string?> ReadTextAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = new LinkedDeadline(Timeout, time, cancellationToken);
        try
        {
            var options = Servers.Count > 0 ? new LookupClientOptions([.. Servers]) : new LookupClientOptions();
            options.UseCache = false;
            options.Timeout = Attempt;
            var answer = await new LookupClient(options).QueryAsync(Name, QueryType.TXT, cancellationToken: limit.Token)
                .ConfigureAwait(false);
            return answer.Answers.TxtRecords().FirstOrDefault() is { } record ? string.Concat(record.Text) : null;
        }
        catch (Exception e)
        {
            // The library makes an error of its own of a cancelled question.
            cancellationToken.ThrowIfCancellationRequested();
            var cause = limit.Token.IsCancellationRequested ? $"no answer within {Timeout.TotalSeconds} s" : e.Message;
            throw new IOException($"lookup {Name}: {cause}", e);
        }
    }
}
