using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Culvert.Transports.Credentials;

namespace Culvert.Connector.QuickTunnels;

/// <summary>A tunnel that a quick-tunnel service handed out.</summary>
/// <param name="Credentials">What to register with.</param>
/// <param name="Hostname">Public hostname, as the service spelled it.</param>
public sealed record QuickTunnel(TunnelCredentials Credentials, string Hostname);

/// <summary>Asks a quick-tunnel service for a tunnel (cli-api-access, section 8).</summary>
public static class QuickTunnelClient
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Largest answer that is read; services answer with half a kilobyte.</summary>
    private const int MaxAnswerBytes = 64 * 1024;

    /// <summary>Sends <c>POST SERVICE/tunnel</c>. Status and <c>success</c> are not looked at, as in the original.</summary>
    /// <exception cref="QuickTunnelException">No answer, or one without a tunnel; the text says what came.</exception>
    public static async Task<QuickTunnel> RequestAsync(string service, string version, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(service + "/tunnel", UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            throw new QuickTunnelException(
                $"failed to request quick Tunnel: --quick-service '{service}' is not an http or https URL");
        }

        using var handler = new SocketsHttpHandler { UseProxy = false };
        using var client = new HttpClient(handler) { Timeout = RequestTimeout, MaxResponseContentBufferSize = MaxAnswerBytes };
        using var request = new HttpRequestMessage(HttpMethod.Post, uri) { Content = new ByteArrayContent([]) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation("User-Agent", $"cloudflared/{version}");
        string body;
        try
        {
            using var response = await client.SendAsync(request, cancellationToken).ConfigureAwait(false);
            body = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new QuickTunnelException($"failed to request quick Tunnel: {uri}: {e.GetBaseException().Message}", e);
        }

        return Parse(body);
    }

    internal static QuickTunnel Parse(string body)
    {
        try
        {
            var result = JsonSerializer.Deserialize(body, QuickTunnelJson.Default.QuickTunnelAnswer)?.Result;
            return result is { Id: { } id, Hostname: { Length: > 0 } hostname } && Guid.TryParse(id, out var tunnel)
                ? new QuickTunnel(new TunnelCredentials(result.AccountTag ?? "", tunnel, result.Secret ?? []), hostname)
                : throw new QuickTunnelException($"failed to parse quick Tunnel ID: invalid UUID: '{result?.Id}'");
        }
        catch (JsonException e)
        {
            throw new QuickTunnelException($"failed to unmarshal quick Tunnel: the service answered: {body.Trim()}", e);
        }
    }
}

internal sealed class QuickTunnelAnswer
{
    [JsonPropertyName("result")]
    public QuickTunnelResult? Result { get; set; }
}

internal sealed class QuickTunnelResult
{
    [JsonPropertyName("id")]
    public string? Id { get; set; }

    [JsonPropertyName("hostname")]
    public string? Hostname { get; set; }

    [JsonPropertyName("account_tag")]
    public string? AccountTag { get; set; }

    [JsonPropertyName("secret")]
    public byte[]? Secret { get; set; }
}

[JsonSerializable(typeof(QuickTunnelAnswer))]
internal sealed partial class QuickTunnelJson : JsonSerializerContext;
