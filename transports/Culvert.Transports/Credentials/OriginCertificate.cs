using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Culvert.Transports.Credentials;

/// <summary>
/// What a user may do with the API, as <c>cert.pem</c> holds it (ingress-and-config, section 9.6). Immutable.
/// </summary>
/// <param name="ZoneId">The zone that was chosen at the login.</param>
/// <param name="AccountId">The account; empty in old files, which cannot make tunnels.</param>
/// <param name="ApiToken">Secret.</param>
/// <param name="Endpoint">In lower case; empty for the usual one.</param>
public sealed record OriginCertificate(string ZoneId, string AccountId, string ApiToken, string Endpoint = "")
{
    private const string TokenLabel = "ARGO TUNNEL TOKEN";
    private const string Missing = "missing token in the certificate";

    /// <summary>Reads a file's text: any number of PEM blocks, one of which holds a usable token.</summary>
    /// <exception cref="CredentialsException">There is none, or more than one, or a block of another kind.</exception>
    public static OriginCertificate Parse(ReadOnlySpan<char> pem)
    {
        if (pem.IsEmpty)
        {
            throw new CredentialsException("cannot decode empty certificate");
        }

        OriginCertificate? found = null;
        while (PemEncoding.TryFind(pem, out var block))
        {
            var label = pem[block.Label];
            if (label is TokenLabel)
            {
                if (TryRead(pem[block.Base64Data]) is { } read)
                {
                    found = found is null ? read : throw new CredentialsException("found multiple tokens in the certificate");
                }
            }
            else if (label is not ("PRIVATE KEY" or "CERTIFICATE"))
            {
                throw new CredentialsException($"unknown block {label} in the certificate");
            }

            pem = pem[block.Location.End..];
        }

        return found is { ZoneId.Length: > 0, ApiToken.Length: > 0 } ? found : throw new CredentialsException(Missing);
    }

    /// <summary>Writes the one block that <see cref="Parse"/> needs.</summary>
    public string Format()
    {
        var members = new OriginCertificateMembers
        {
            ZoneId = ZoneId,
            AccountId = AccountId,
            ApiToken = ApiToken,
            Endpoint = Endpoint.Length == 0 ? null : Endpoint,
        };
        return PemEncoding.WriteString(
            TokenLabel, JsonSerializer.SerializeToUtf8Bytes(members, CredentialsJson.Default.OriginCertificateMembers)) + "\n";
    }

    // Text that is no token does not count; another block may hold one.
    private static OriginCertificate? TryRead(ReadOnlySpan<char> base64)
    {
        try
        {
            var members = JsonSerializer.Deserialize(
                Convert.FromBase64String(base64.ToString()), CredentialsJson.Default.OriginCertificateMembers);
            return members is null ? null : new OriginCertificate(
                members.ZoneId ?? "", members.AccountId ?? "", members.ApiToken ?? "",
                (members.Endpoint ?? "").ToLowerInvariant());
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

internal sealed class OriginCertificateMembers
{
    [JsonPropertyName("zoneID")]
    public string? ZoneId { get; set; }

    [JsonPropertyName("accountID")]
    public string? AccountId { get; set; }

    [JsonPropertyName("apiToken")]
    public string? ApiToken { get; set; }

    [JsonPropertyName("endpoint")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Endpoint { get; set; }
}
