using System.Text.Json;

namespace Culvert.CommandLine.Diagnosing;

/// <summary>A running connector, as its metrics server shows it. Immutable.</summary>
/// <param name="Address">Where the server is.</param>
/// <param name="TunnelId">The tunnel's UUID.</param>
/// <param name="ConnectorId">The connector's UUID.</param>
internal sealed record Instance(Uri Address, string TunnelId, string ConnectorId)
{
    private const int FirstPort = 20241;
    private const int Ports = 5;

    // A port that answers nothing is somebody else's.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>Where instances are looked for.</summary>
    public static IReadOnlyList<Uri> KnownAddresses { get; } =
        [.. Enumerable.Range(FirstPort, Ports).Select(port => new Uri($"http://localhost:{port}"))];

    /// <summary>Asks every address; those that do not answer as a connector are left out.</summary>
    public static async Task<IReadOnlyList<Instance>> FindAsync(
        HttpClient client, IEnumerable<Uri> addresses, CancellationToken cancellationToken)
    {
        var asked = await Task.WhenAll(addresses.Select(address => AskAsync(client, address, cancellationToken)))
            .ConfigureAwait(false);
        return [.. asked.OfType<Instance>()];
    }

    private static async Task<Instance?> AskAsync(HttpClient client, Uri address, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            var state = await client.GetByteArrayAsync(new Uri(address, "/diag/tunnel"), limit.Token).ConfigureAwait(false);
            using var document = JsonDocument.Parse(state);
            var root = document.RootElement;
            return new Instance(
                address, root.GetProperty("tunnelID").GetString() ?? "", root.GetProperty("connectorID").GetString() ?? "");
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or KeyNotFoundException or InvalidOperationException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }
}
