using System.Text.Json;
using System.Text.Json.Serialization;

namespace Culvert.Transports.Credentials;

/// <summary>The text form of credentials that users paste: padded base64 of compact JSON (cli-api-access, section 7.8).</summary>
public static class TunnelToken
{
    /// <summary>Reads a token.</summary>
    /// <exception cref="CredentialsException">Not base64, not JSON, or a member has the wrong form.</exception>
    public static TunnelCredentials Parse(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        try
        {
            var json = JsonSerializer.Deserialize(Convert.FromBase64String(token.Trim()), CredentialsJson.Default.TokenMembers)
                ?? throw new CredentialsException("Provided Tunnel token is not valid.");
            return new TunnelCredentials(json.Account ?? "", json.Tunnel, json.Secret ?? [], json.Endpoint ?? "");
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            throw new CredentialsException("Provided Tunnel token is not valid.", e);
        }
    }

    /// <summary>Writes a token with the members in the order of the original: account, secret, tunnel, endpoint.</summary>
    public static string Format(TunnelCredentials credentials)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        var members = new TokenMembers
        {
            Account = credentials.AccountTag,
            Secret = credentials.Secret.ToArray(),
            Tunnel = credentials.TunnelId,
            Endpoint = credentials.Endpoint.Length == 0 ? null : credentials.Endpoint,
        };
        return Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(members, CredentialsJson.Default.TokenMembers));
    }
}

internal sealed class TokenMembers
{
    [JsonPropertyName("a")]
    public string? Account { get; set; }

    [JsonPropertyName("s")]
    public byte[]? Secret { get; set; }

    [JsonPropertyName("t")]
    [JsonConverter(typeof(UuidConverter))]
    public Guid Tunnel { get; set; }

    [JsonPropertyName("e")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Endpoint { get; set; }
}

internal sealed class CredentialsFileMembers
{
    public string? AccountTag { get; set; }

    public byte[]? TunnelSecret { get; set; }

    [JsonPropertyName("TunnelID")]
    [JsonConverter(typeof(UuidConverter))]
    public Guid TunnelId { get; set; }

    public string? Endpoint { get; set; }
}

[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true)]
[JsonSerializable(typeof(TokenMembers))]
[JsonSerializable(typeof(CredentialsFileMembers))]
[JsonSerializable(typeof(OriginCertificateMembers))]
internal sealed partial class CredentialsJson : JsonSerializerContext;
