using System.Net.Http.Headers;
using System.Text.Json;
using Culvert.Connector;

namespace Culvert.CommandLine.Tailing;

/// <summary>
/// Asks an API for the token with which a tunnel's connectors can be asked (cli-api-access, sections 7.1 and 7.5).
/// </summary>
internal static class ManagementTokenClient
{
    private const int MaxAnswerBytes = 64 * 1024;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    /// <summary>Asks for a token.</summary>
    /// <param name="owner">Whose tunnel, which API, and the proof.</param>
    /// <param name="resource">What it is for: <c>logs</c>, <c>admin</c> or <c>host_details</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TailException">There is none; the text is for the log.</exception>
    public static async Task<string> RequestAsync(TunnelOwner owner, string resource, CancellationToken cancellationToken)
    {
        using var client = new HttpClient(
            new SocketsHttpHandler { UseCookies = false, UseProxy = false, AllowAutoRedirect = false })
        {
            Timeout = Limit,
            MaxResponseContentBufferSize = MaxAnswerBytes,
        };
        using var request = new HttpRequestMessage(
            HttpMethod.Post,
            $"{owner.Api.AbsoluteUri.TrimEnd('/')}/accounts/{owner.Account}/cfd_tunnel/{owner.TunnelId}/management/{resource}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", owner.Secret);
        request.Headers.TryAddWithoutValidation("Accept", "application/json;version=1");
        request.Headers.TryAddWithoutValidation("User-Agent", "cloudflared/" + ConnectorOptions.DefaultVersion);
        try
        {
            using var response = await client.SendAsync(request, cancellationToken).ConfigureAwait(false);
            return Read(
                await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false), (int)response.StatusCode);
        }
        catch (Exception e)
            when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw Failed($"REST request failed: {e.Message}", e);
        }
    }

    private static string Read(byte[] body, int status)
    {
        const int Success = 200;
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.TryGetProperty("errors", out var errors) && errors.GetArrayLength() > 0)
            {
                throw Failed(string.Join("; ", errors.EnumerateArray().Select(
                    error => $"code: {error.GetProperty("code")}, reason: {error.GetProperty("message").GetString()}")));
            }

            return status == Success && root.TryGetProperty("result", out var result)
                && result.GetString() is { Length: > 0 } token
                ? token : throw Failed($"status {status}");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw Failed($"status {status}", e);
        }
    }

    private static TailException Failed(string reason, Exception? cause = null) =>
        new($"unable to acquire management token for requested tunnel id: {reason}", cause);
}

/// <summary>Who may ask about a tunnel. Immutable.</summary>
/// <param name="Api">Base URL of the API.</param>
/// <param name="Account">The tunnel's account.</param>
/// <param name="TunnelId">The tunnel.</param>
/// <param name="Secret">What proves it: the API's token, or the tunnel's.</param>
internal sealed record TunnelOwner(Uri Api, string Account, Guid TunnelId, string Secret);
