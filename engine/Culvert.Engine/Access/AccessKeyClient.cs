using System.Globalization;
using System.Text;

namespace Culvert.Engine.Access;

/// <summary>Fetches the keys that Access tokens are signed with (ingress-and-config, section 4.3). Thread-safe.</summary>
public sealed class AccessKeyClient : IDisposable
{
    /// <summary>Largest answer, in bytes.</summary>
    public const int MaxBytes = 1024 * 1024;

    private const int MostErrorText = 256;

    private readonly HttpClient _client;
    private readonly Uri? _address;

    /// <summary>Creates a client.</summary>
    /// <param name="address">What is asked instead of each issuer; null asks the issuers, over HTTPS.</param>
    /// <param name="handler">
    /// Carries the requests, and is owned; null for the platform's, with the proxy of the environment.
    /// </param>
    public AccessKeyClient(Uri? address = null, HttpMessageHandler? handler = null)
    {
        _address = address;
        _client = new HttpClient(
            handler ?? new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = Timeout })
        {
            Timeout = Timeout,
            MaxResponseContentBufferSize = MaxBytes,
        };
    }

    /// <summary>Longest time for an answer.</summary>
    public static TimeSpan Timeout { get; } = TimeSpan.FromSeconds(10);

    /// <summary>Fetches the key set of an issuer.</summary>
    /// <returns>JSON, not yet read.</returns>
    internal async Task<string> FetchAsync(string issuer, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _client.GetAsync(AddressOf(issuer), cancellationToken).ConfigureAwait(false);
            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            var text = Encoding.UTF8.GetString(body);
            return response.IsSuccessStatusCode ? text : throw new AccessTokenException(string.Create(
                CultureInfo.InvariantCulture,
                $"oidc: get keys failed: {(int)response.StatusCode} {response.ReasonPhrase} " +
                $"{text[..Math.Min(text.Length, MostErrorText)]}"));
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            throw new AccessTokenException($"oidc: get keys failed: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    // A team's name is part of a host; one that would lead elsewhere has no keys.
    private Uri AddressOf(string issuer)
    {
        if (_address is not null)
        {
            return new Uri(_address, AccessIssuer.KeysPath);
        }

        return Uri.TryCreate(issuer + AccessIssuer.KeysPath, UriKind.Absolute, out var address)
            && address.Scheme == Uri.UriSchemeHttps
            && string.Equals($"https://{address.Host}", issuer, StringComparison.OrdinalIgnoreCase)
                ? address : throw new AccessTokenException($"oidc: get keys failed: {issuer} is no address");
    }
}
