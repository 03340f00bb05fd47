using System.Globalization;
using System.Text.Json;
using Culvert.Ingress.OriginRequests;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Culvert.Engine.Access;

/// <summary>
/// Checks the Access tokens of one rule, in the original's order (ingress-and-config, section 4.2). Thread-safe.
/// </summary>
internal sealed class AccessTokenValidator
{
    /// <summary>Longest token, in characters.</summary>
    public const int MaxTokenLength = 64 * 1024;

    private const string Algorithm = SecurityAlgorithms.RsaSha256;
    private const string Unsigned = "failed to verify signature: ";

    // A token may begin that far in the future: clocks differ. Its end has no such leeway.
    private static readonly TimeSpan EarlyBy = TimeSpan.FromMinutes(5);

    private readonly AccessKeySet _keys;
    private readonly string _issuer;
    private readonly IReadOnlyList<string> _audiences;
    private readonly TimeProvider _time;
    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = MaxTokenLength };

    /// <param name="settings">The rule's.</param>
    /// <param name="keys">Keys of its team; not owned.</param>
    /// <param name="time">The clock.</param>
    public AccessTokenValidator(AccessSettings settings, AccessKeySet keys, TimeProvider time)
    {
        _keys = keys;
        _time = time;
        _issuer = AccessIssuer.Of(settings);
        _audiences = settings.AudienceTags ?? [];
    }

    /// <summary>Whether one of a token's audiences is one of the rule's.</summary>
    public bool IsForUs(IReadOnlyList<string> audiences) =>
        audiences.Any(audience => _audiences.Contains(audience, StringComparer.Ordinal));

    /// <summary>Checks everything but the audience.</summary>
    /// <returns>The audiences of the token.</returns>
    /// <exception cref="AccessTokenException">The token is not valid, or the keys cannot be had.</exception>
    public async ValueTask<IReadOnlyList<string>> ValidateAsync(string token, CancellationToken cancellationToken)
    {
        var parsed = Parse(token);
        await VerifySignatureAsync(parsed, cancellationToken).ConfigureAwait(false);
        var claims = AccessTokenClaims.Parse(Base64UrlEncoder.DecodeBytes(parsed.EncodedPayload));
        if (claims.Issuer != _issuer)
        {
            throw new AccessTokenException(
                $"oidc: id token issued by a different provider, expected \"{_issuer}\" got \"{claims.Issuer}\"");
        }

        var now = _time.GetUtcNow();
        if (claims.Expires < now)
        {
            throw new AccessTokenException($"oidc: token is expired (Token Expiry: {Format(claims.Expires)})");
        }

        return claims.NotBefore is { } begins && now + EarlyBy < begins
            ? throw new AccessTokenException(
                $"oidc: current time {Format(now)} before the nbf (not before) time: {Format(begins)}")
            : claims.Audiences;
    }

    private JsonWebToken Parse(string token)
    {
        const string Malformed = "oidc: malformed jwt: ";
        if (token.Length > MaxTokenLength)
        {
            throw new AccessTokenException($"{Malformed}the token is longer than {MaxTokenLength} characters");
        }

        if (token.Count(character => character == '.') != 2)
        {
            throw new AccessTokenException($"{Malformed}go-jose/go-jose: compact JWS format must have three parts");
        }

        JsonWebToken parsed;
        try
        {
            parsed = _handler.ReadJsonWebToken(token);
        }
        catch (Exception e) when (e is ArgumentException or SecurityTokenException or JsonException or FormatException)
        {
            throw new AccessTokenException(Malformed + "it cannot be read", e);
        }

        // What is critical has to be understood (RFC 7515, section 4.1.11), and nothing is.
        return parsed.Alg != Algorithm ? throw new AccessTokenException(
                $"{Malformed}unexpected signature algorithm \"{parsed.Alg}\"; expected [\"{Algorithm}\"]")
            : parsed.TryGetHeaderValue<object>("crit", out _)
                ? throw new AccessTokenException($"{Malformed}unsupported crit header")
            : parsed;
    }

    private async ValueTask VerifySignatureAsync(JsonWebToken token, CancellationToken cancellationToken)
    {
        if (await IsSignedByAsync(_keys.Find(token.Kid), token).ConfigureAwait(false))
        {
            return;
        }

        try
        {
            await _keys.RefreshAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (AccessTokenException e)
        {
            throw new AccessTokenException($"{Unsigned}fetching keys {e.Message}", e);
        }

        if (!await IsSignedByAsync(_keys.Find(token.Kid), token).ConfigureAwait(false))
        {
            throw new AccessTokenException(Unsigned + "failed to verify id token signature");
        }
    }

    private async ValueTask<bool> IsSignedByAsync(IReadOnlyList<SecurityKey> keys, JsonWebToken token)
    {
        if (keys.Count == 0)
        {
            return false;
        }

        // Claims are checked after this, by the original's rules.
        var result = await _handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            IssuerSigningKeys = keys,
            TryAllIssuerSigningKeys = true,
            ValidAlgorithms = [Algorithm],
            RequireSignedTokens = true,
            RequireExpirationTime = false,
            ValidateIssuer = false,
            ValidateAudience = false,
            ValidateLifetime = false,
        }).ConfigureAwait(false);
        return result.IsValid;
    }

    private static string Format(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
