using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Culvert.Edge.Tunnels;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Culvert.Edge.Management;

/// <summary>
/// Issues the tokens that operators ask connectors with, and verifies them (cli-api-access, section 12.2). The key is made with
/// the node and ends with it; a client whose token is not valid any more gets another one. Thread-safe.
/// </summary>
internal sealed class ManagementTokens : IDisposable
{
    /// <summary>How long a token may begin a request; a log stream that has begun goes on.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>Longest token, in characters.</summary>
    public const int MaxLength = 16 * 1024;

    private const string Issuer = "culvert-edge";

    // Who has the tunnel's credentials is one actor: a second listener replaces the first.
    private const string Actor = "tunnel-credentials";

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsaSecurityKey _signing;
    private readonly JsonWebTokenHandler _handler = new()
    {
        MaximumTokenSizeInBytes = MaxLength,
        SetDefaultTimesOnTokenCreation = false,
    };
    private readonly TimeProvider _time;

    /// <param name="time">The clock of lifetimes.</param>
    public ManagementTokens(TimeProvider time)
    {
        _time = time;
        _signing = new ECDsaSecurityKey(_key) { KeyId = Guid.NewGuid().ToString("N") };
    }

    /// <summary>What a resource that is asked for allows; null when there is no such resource. Names are in lower case.</summary>
    public static IReadOnlyList<string>? Allowed(string resource) => resource switch
    {
        "logs" => ["logs", "ping"],
        "host_details" => ["host_details", "ping"],
        "admin" => ["admin"],
        _ => null,
    };

    /// <summary>Issues a token.</summary>
    /// <param name="tunnel">Whose connectors may be asked.</param>
    /// <param name="resources">For what.</param>
    public string Issue(Tunnel tunnel, IReadOnlyList<string> resources)
    {
        var now = _time.GetUtcNow();
        var payload = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(payload))
        {
            json.WriteStartObject();
            json.WriteStartObject("tun");
            json.WriteString("id", tunnel.Id);
            json.WriteString("account_tag", tunnel.AccountTag);
            json.WriteEndObject();
            json.WriteStartObject("actor");
            json.WriteString("id", Actor);
            json.WriteBoolean("support", false);
            json.WriteEndObject();
            json.WriteStartArray("res");
            foreach (var resource in resources)
            {
                json.WriteStringValue(resource);
            }

            json.WriteEndArray();
            json.WriteString("iss", Issuer);
            json.WriteNumber("iat", now.ToUnixTimeSeconds());
            json.WriteNumber("exp", (now + Lifetime).ToUnixTimeSeconds());
            json.WriteEndObject();
        }

        return _handler.CreateToken(
            Encoding.UTF8.GetString(payload.WrittenSpan), new SigningCredentials(_signing, SecurityAlgorithms.EcdsaSha256));
    }

    /// <summary>Verifies a token: its algorithm, signature, issuer, expiry and claims.</summary>
    /// <returns>Null when anything of it is not right.</returns>
    public async ValueTask<ManagementClaims?> VerifyAsync(string token)
    {
        if (token.Length > MaxLength)
        {
            return null;
        }

        // It says of a token that makes no sense that it is not valid, and throws nothing.
        var result = await _handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            IssuerSigningKey = _signing,
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            RequireSignedTokens = true,
            ValidIssuer = Issuer,
            ValidateAudience = false,
            RequireExpirationTime = true,
            LifetimeValidator = (_, expires, _, _) => expires > _time.GetUtcNow().UtcDateTime,
        }).ConfigureAwait(false);
        return result.IsValid && result.SecurityToken is JsonWebToken verified ? Read(verified) : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    // The node itself wrote it.
    private static ManagementClaims Read(JsonWebToken token)
    {
        using var claims = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(token.EncodedPayload));
        return new ManagementClaims(
            claims.RootElement.GetProperty("tun").GetProperty("id").GetGuid(),
            [.. claims.RootElement.GetProperty("res").EnumerateArray().Select(resource => resource.GetString()!)]);
    }
}
