using System.CommandLine;
using System.Net;

namespace Culvert.CommandLine.Commands;

/// <summary>
/// <c>culvert tunnel ready</c>: asks a running connector whether it has a connection (cli-api-access, section 13.2).
/// </summary>
internal static class ReadyCommand
{
    private const int MaxBodyBytes = 64 * 1024;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    /// <param name="metrics">Says where the connector is.</param>
    public static Command Create(MetricsFlag metrics)
    {
        var command = new Command("ready", "Ask a running connector whether it is ready; exit status 0 when it is.");
        command.SetAction((parsed, cancellationToken) => RunAsync(metrics.Given(parsed), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string? address, CancellationToken cancellationToken)
    {
        if (address is null)
        {
            throw new CommandException("--metrics has to be provided");
        }

        var url = $"http://{address}/ready";
        using var client = new HttpClient { Timeout = Limit, MaxResponseContentBufferSize = MaxBodyBytes };
        try
        {
            using var response = await client.GetAsync(new Uri(url), cancellationToken).ConfigureAwait(false);
            return response.StatusCode == HttpStatusCode.OK ? 0
                : throw new CommandException(
                    $"{url} endpoint returned status code {(int)response.StatusCode}\n" +
                    await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (Exception e)
            when (e is HttpRequestException or UriFormatException
                || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new CommandException($"{url} cannot be asked: {e.Message}", e);
        }
    }
}
